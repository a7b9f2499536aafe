from django.db import migrations

from openbeat.seeing.locks import row_lock

# a class that patrols discover can't be referred to at all: the pair (class, reported by victims) must exist
ONLY_REPORTED = """
ALTER TABLE forecast_runclass ADD CONSTRAINT run_class_is_reported
  FOREIGN KEY (offence_class_id, reported_by_victims)
  REFERENCES incidents_offenceclass (id, reported_by_victims);
"""

# parts of a run are seen where the run is: the subquery stands under the run's own policy
PARTS = """
ALTER TABLE forecast_{part} ENABLE ROW LEVEL SECURITY;
CREATE POLICY forecast_{part}_reach ON forecast_{part}
  USING (EXISTS (SELECT 1 FROM forecast_run r WHERE r.id = run_id))
  WITH CHECK (EXISTS (SELECT 1 FROM forecast_run r WHERE r.id = run_id));
"""
OPEN_PARTS = """
DROP POLICY forecast_{part}_reach ON forecast_{part};
ALTER TABLE forecast_{part} DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("forecast", "0001_initial"), ("incidents", "0002_locks_and_lists"), ("seeing", "0001_reach")]
    operations = [
        migrations.RunSQL(ONLY_REPORTED, "ALTER TABLE forecast_runclass DROP CONSTRAINT run_class_is_reported"),
        row_lock("forecast_run"),
        *(migrations.RunSQL(PARTS.format(part=p), OPEN_PARTS.format(part=p)) for p in ("runclass", "surface")),
    ]
