from django.db import migrations

from openbeat.seeing.locks import row_lock

TABLES = ("areaset", "area", "areacell", "station", "extract", "streetnetwork", "basemap")


def of_an_agency(table: str) -> migrations.RunSQL:
    """Rows belong to an agency that exists. Said here, for places and accounts don't know each other in Python."""
    name = f"places_{table}"
    return migrations.RunSQL(
        f"ALTER TABLE {name} ADD CONSTRAINT {name}_of_agency FOREIGN KEY (agency_id) REFERENCES accounts_agency (id);"
        f"CREATE INDEX {name}_agency ON {name} (agency_id);",
        f"DROP INDEX {name}_agency; ALTER TABLE {name} DROP CONSTRAINT {name}_of_agency;",
    )


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial"), ("accounts", "0001_initial"), ("seeing", "0001_reach")]
    operations = [
        *(of_an_agency(table) for table in TABLES),
        *(row_lock(f"places_{table}") for table in TABLES),
    ]
