from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION 'the trail is append-only: % of % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION audit_refuse_unless_erasing() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.id::text = current_setting('openbeat.erasing', true) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the trail is append-only: % of % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit_refuse_unless_erasing();
CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_leaf_kept BEFORE UPDATE OR DELETE ON audit_leaf
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_leaf_not_emptied BEFORE TRUNCATE ON audit_leaf
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- the erasure routine: entry and salt go, the leaf stays; the deed of erasing is an entry of its own
CREATE FUNCTION audit_erase(entry uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.audit_leaf WHERE entry_id = entry) THEN
    RAISE EXCEPTION 'the entry has no place in the log yet: it can be erased in a second'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM public.audit_entry WHERE id = entry
                 AND agency_id = ANY (public.openbeat_reach())) THEN
    RETURN false;
  END IF;
  PERFORM set_config('openbeat.erasing', entry::text, true);
  DELETE FROM public.audit_entry WHERE id = entry;
  PERFORM set_config('openbeat.erasing', '', true);
  RETURN true;
END $$;

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_entry_written ON audit_entry FOR INSERT WITH CHECK (true);
CREATE POLICY audit_entry_read ON audit_entry FOR SELECT
  USING (agency_id = ANY ((SELECT openbeat_reach())::uuid[]));
"""

BACK = """
DROP POLICY audit_entry_read ON audit_entry;
DROP POLICY audit_entry_written ON audit_entry;
ALTER TABLE audit_entry DISABLE ROW LEVEL SECURITY;
DROP FUNCTION audit_erase(uuid);
DROP FUNCTION audit_refuse_unless_erasing() CASCADE;
DROP FUNCTION audit_refuse() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("seeing", "0001_reach")]
    operations = [migrations.RunSQL(APPEND_ONLY, BACK)]
