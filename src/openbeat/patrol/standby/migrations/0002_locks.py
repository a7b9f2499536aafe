from django.db import migrations

from openbeat.seeing.locks import row_lock


class Migration(migrations.Migration):
    dependencies = [("standby", "0001_initial"), ("seeing", "0001_reach")]
    operations = [row_lock("standby_standbyplan")]
