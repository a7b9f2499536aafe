from django.db import migrations

from openbeat.incidents.rules import Scheme, code_list
from openbeat.seeing.locks import row_lock

PARENT = """
CREATE FUNCTION openbeat_parent(cell bigint, resolution integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (cell & ~(15::bigint << 52)) | (resolution::bigint << 52) | ((1::bigint << (3 * (15 - resolution))) - 1)
$$;
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
        migrations.RunPython(lay_down_lists, migrations.RunPython.noop),
        *(row_lock(f"incidents_{table}") for table in ("source", "localcode", "batch", "incident", "version")),
    ]
