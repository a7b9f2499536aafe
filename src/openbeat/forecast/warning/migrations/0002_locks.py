from django.db import migrations

from openbeat.seeing.locks import row_lock

# a class that patrols discover can't be referred to at all: the pair (class, reported by victims) must exist
ONLY_REPORTED = """
ALTER TABLE warning_watchclass ADD CONSTRAINT watch_class_is_reported
  FOREIGN KEY (offence_class_id, reported_by_victims)
  REFERENCES incidents_offenceclass (id, reported_by_victims);
"""

# parts are seen where their whole is: the subquery stands under the whole's own policy
PARTS = """
ALTER TABLE warning_{part} ENABLE ROW LEVEL SECURITY;
CREATE POLICY warning_{part}_reach ON warning_{part}
  USING (EXISTS (SELECT 1 FROM warning_{whole} w WHERE w.id = {whole}_id))
  WITH CHECK (EXISTS (SELECT 1 FROM warning_{whole} w WHERE w.id = {whole}_id));
"""
OPEN_PARTS = """
DROP POLICY warning_{part}_reach ON warning_{part};
ALTER TABLE warning_{part} DISABLE ROW LEVEL SECURITY;
"""
WHOLES = {"watchclass": "watch", "sighting": "alarm", "step": "alarm"}


class Migration(migrations.Migration):
    dependencies = [("warning", "0001_initial"), ("incidents", "0002_locks_and_lists"), ("seeing", "0001_reach")]
    operations = [
        migrations.RunSQL(ONLY_REPORTED, "ALTER TABLE warning_watchclass DROP CONSTRAINT watch_class_is_reported"),
        *(row_lock(f"warning_{table}") for table in ("watch", "scan", "alarm")),
        *(
            migrations.RunSQL(PARTS.format(part=part, whole=whole), OPEN_PARTS.format(part=part))
            for part, whole in WHOLES.items()
        ),
    ]
