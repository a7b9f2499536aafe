from django.db import migrations

from openbeat.seeing.locks import row_lock


class Migration(migrations.Migration):
    dependencies = [("patrol", "0001_initial"), ("seeing", "0001_reach")]
    operations = [row_lock(f"patrol_{table}") for table in ("unit", "plan", "visit")]
