from django.db import migrations

from openbeat.incidents.rules import Scheme, code_list
from openbeat.seeing.locks import row_lock

PARENT = """
CREATE FUNCTION openbeat_parent(cell bigint, resolution integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (cell & ~(15::bigint << 52)) | (resolution::bigint << 52) | ((1::bigint << (3 * (15 - resolution))) - 1)
$$;
"""


# One key says that an incident's batch, source and agency belong together; both are checked at once, not at the commit,
# so that a million rows leave no queue of a million checks.
KEYS = """
ALTER TABLE incidents_batch ADD CONSTRAINT batch_of_source UNIQUE (id, source_id, agency_id);
ALTER TABLE incidents_source ADD CONSTRAINT source_of_agency UNIQUE (id, agency_id);
ALTER TABLE incidents_batch ADD CONSTRAINT batch_source_of_agency FOREIGN KEY (source_id, agency_id)
  REFERENCES incidents_source (id, agency_id);
ALTER TABLE incidents_incident ADD CONSTRAINT incident_of_batch FOREIGN KEY (batch_id, source_id, agency_id)
  REFERENCES incidents_batch (id, source_id, agency_id);
ALTER TABLE incidents_incident ADD CONSTRAINT incident_of_class FOREIGN KEY (offence_class_id)
  REFERENCES incidents_offenceclass (id);
"""
KEYS_BACK = """
ALTER TABLE incidents_incident DROP CONSTRAINT incident_of_class;
ALTER TABLE incidents_incident DROP CONSTRAINT incident_of_batch;
ALTER TABLE incidents_batch DROP CONSTRAINT batch_source_of_agency;
ALTER TABLE incidents_source DROP CONSTRAINT source_of_agency;
ALTER TABLE incidents_batch DROP CONSTRAINT batch_of_source;
"""


def lay_down_lists(apps, schema_editor):
    model = apps.get_model("incidents", "OffenceClass")
    rows = [
        model(
            id=f"{scheme.value}-{entry.code}",
            **{
                name: getattr(entry, name)
                for name in (
                    "code",
                    "name",
                    "group",
                    "against",
                    "iccs",
                    "federal_only",
                    "valid_from",
                    "valid_to",
                    "reported_by_victims",
                    "reason",
                )
            },
            scheme=scheme.value,
        )
        for scheme in Scheme
        for entry in code_list(scheme).values()
    ]
    model.objects.using(schema_editor.connection.alias).bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial"), ("seeing", "0001_reach")]
    operations = [
        migrations.RunSQL(PARENT, "DROP FUNCTION openbeat_parent(bigint, integer)"),
        migrations.RunSQL(KEYS, KEYS_BACK),
        migrations.RunPython(lay_down_lists, migrations.RunPython.noop),
        *(row_lock(f"incidents_{table}") for table in ("source", "localcode", "batch", "incident", "version")),
    ]
