from django.db import migrations

from openbeat.seeing.locks import row_lock


class Migration(migrations.Migration):
    dependencies = [("what_if", "0001_initial"), ("seeing", "0001_reach")]
    operations = [row_lock("what_if_whatif")]
