from django.db import migrations

REACH = """
CREATE TABLE seeing_key (inner_pad bytea NOT NULL, outer_pad bytea NOT NULL);
REVOKE ALL ON seeing_key FROM PUBLIC;
CREATE FUNCTION openbeat_reach() RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog AS $$
DECLARE
  sealed text := current_setting('openbeat.ticket', true);
  agencies text;
  good text;
BEGIN
  IF sealed IS NULL OR sealed = '' THEN
    RETURN '{}';
  END IF;
  agencies := split_part(sealed, '|', 1);
  SELECT encode(sha256(outer_pad || sha256(inner_pad || convert_to(agencies, 'UTF8'))), 'hex')
    INTO good FROM public.seeing_key;
  IF good IS DISTINCT FROM split_part(sealed, '|', 2) THEN
    RAISE EXCEPTION 'the row ticket is not one of ours' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN agencies::uuid[];
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(REACH, "DROP FUNCTION openbeat_reach(); DROP TABLE seeing_key")]
