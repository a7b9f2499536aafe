from django.db import migrations


class Migration(migrations.Migration):
    """It reads a setting, which parallel workers are given, and one row; unsafe functions forbid parallel plans."""

    dependencies = [("seeing", "0002_progress")]
    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION openbeat_reach() PARALLEL SAFE", "ALTER FUNCTION openbeat_reach() PARALLEL UNSAFE"
        )
    ]
