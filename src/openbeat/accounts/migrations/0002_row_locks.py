from django.db import migrations

from openbeat.seeing.locks import row_lock

# What is known of an agency is open; nobody changes one that is not theirs. A new one opens nothing to its maker.
AGENCIES = """
ALTER TABLE accounts_agency ENABLE ROW LEVEL SECURITY;
CREATE POLICY accounts_agency_known ON accounts_agency FOR SELECT USING (true);
CREATE POLICY accounts_agency_founded ON accounts_agency FOR INSERT WITH CHECK (true);
CREATE POLICY accounts_agency_changed ON accounts_agency FOR UPDATE
  USING (id = ANY ((SELECT openbeat_reach())::uuid[])) WITH CHECK (id = ANY ((SELECT openbeat_reach())::uuid[]));
CREATE POLICY accounts_agency_removed ON accounts_agency FOR DELETE
  USING (id = ANY ((SELECT openbeat_reach())::uuid[]));
"""
AGENCIES_BACK = """
DROP POLICY accounts_agency_removed ON accounts_agency;
DROP POLICY accounts_agency_changed ON accounts_agency;
DROP POLICY accounts_agency_founded ON accounts_agency;
DROP POLICY accounts_agency_known ON accounts_agency;
ALTER TABLE accounts_agency DISABLE ROW LEVEL SECURITY;
"""

# A role is seen with its post's agency or with its person, who may belong to another; it is given by the former alone.
# That it bears its post's agency is kept by the database.
HOLDINGS = """
ALTER TABLE accounts_holding ENABLE ROW LEVEL SECURITY;
CREATE POLICY accounts_holding_reach ON accounts_holding
  USING (agency_id = ANY ((SELECT openbeat_reach())::uuid[])
         OR EXISTS (SELECT 1 FROM accounts_person p WHERE p.id = person_id))
  WITH CHECK (agency_id = ANY ((SELECT openbeat_reach())::uuid[]));
ALTER TABLE accounts_post ADD CONSTRAINT post_of_agency UNIQUE (id, agency_id);
ALTER TABLE accounts_holding ADD CONSTRAINT holding_of_post FOREIGN KEY (post_id, agency_id)
  REFERENCES accounts_post (id, agency_id) DEFERRABLE INITIALLY DEFERRED;
"""
HOLDINGS_BACK = """
ALTER TABLE accounts_holding DROP CONSTRAINT holding_of_post;
ALTER TABLE accounts_post DROP CONSTRAINT post_of_agency;
DROP POLICY accounts_holding_reach ON accounts_holding;
ALTER TABLE accounts_holding DISABLE ROW LEVEL SECURITY;
"""

# A session is opened by showing its digest; its agency sees that it is there; stale ones are swept blindly.
SESSIONS = """
ALTER TABLE accounts_session ENABLE ROW LEVEL SECURITY;
CREATE POLICY accounts_session_shown ON accounts_session
  USING (session_key = current_setting('openbeat.session', true)
         OR agency_id = ANY ((SELECT openbeat_reach())::uuid[]))
  WITH CHECK (session_key = current_setting('openbeat.session', true));
CREATE FUNCTION accounts_sweep_sessions() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH gone AS (DELETE FROM public.accounts_session WHERE expire_date < now() RETURNING 1) SELECT count(*) FROM gone
$$;
"""
SESSIONS_BACK = """
DROP FUNCTION accounts_sweep_sessions();
DROP POLICY accounts_session_shown ON accounts_session;
ALTER TABLE accounts_session DISABLE ROW LEVEL SECURITY;
"""


def with_person(table: str, column: str = "user_id") -> migrations.RunSQL:
    """Rows of the sign-in library are seen and written only together with their person."""
    seen = f"EXISTS (SELECT 1 FROM accounts_person p WHERE p.id = {table}.{column})"  # noqa: S608 fixed names
    return migrations.RunSQL(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY {table}_person ON {table} USING ({seen}) WITH CHECK ({seen});",
        f"DROP POLICY {table}_person ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


def with_row(table: str, column: str, owner: str) -> migrations.RunSQL:
    """Rows are seen and written only together with the row they hang on."""
    seen = f"EXISTS (SELECT 1 FROM {owner} o WHERE o.id = {table}.{column})"  # noqa: S608 fixed names
    return migrations.RunSQL(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY {table}_owner ON {table} USING ({seen}) WITH CHECK ({seen});",
        f"DROP POLICY {table}_owner ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


def door(name: str, given: str, query: str) -> migrations.RunSQL:
    """A narrow question that the owner answers before anyone is signed in: whose is this?"""
    return migrations.RunSQL(
        f"CREATE FUNCTION {name}({given}) RETURNS TABLE (person_id uuid, agency_id uuid) "
        f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$ {query} $$;",
        f"DROP FUNCTION {name}({given});",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("seeing", "0001_reach"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]
    operations = [
        migrations.RunSQL(AGENCIES, AGENCIES_BACK),
        row_lock("accounts_post"),
        row_lock("accounts_person"),
        migrations.RunSQL(HOLDINGS, HOLDINGS_BACK),
        row_lock("accounts_deviceprofile"),
        row_lock("accounts_device"),
        row_lock("accounts_signinlink"),
        row_lock("accounts_failedsignin"),
        row_lock("accounts_token"),
        migrations.RunSQL(SESSIONS, SESSIONS_BACK),
        with_person("mfa_authenticator"),
        with_person("account_emailaddress"),
        with_row("account_emailconfirmation", "email_address_id", "account_emailaddress"),
        with_person("socialaccount_socialaccount"),
        with_row("socialaccount_socialtoken", "account_id", "socialaccount_socialaccount"),
        door(
            "accounts_door_of_name",
            "given_username text",  # not «name»: inside the query that would be the person's own name
            "SELECT p.id, p.agency_id FROM public.accounts_person p WHERE lower(p.username) = lower(given_username)",
        ),
        door(
            "accounts_door_of_person",
            "person uuid",
            "SELECT p.id, p.agency_id FROM public.accounts_person p WHERE p.id = person",
        ),
        door(
            "accounts_door_of_link",
            "secret text",
            "SELECT l.person_id, l.agency_id FROM public.accounts_signinlink l WHERE l.digest = secret",
        ),
        door(
            "accounts_door_of_token",
            "secret text",
            "SELECT h.person_id, t.agency_id FROM public.accounts_token t "
            "JOIN public.accounts_holding h ON h.id = t.holding_id WHERE t.digest = secret",
        ),
        door(
            "accounts_door_of_external",
            "given_provider text, given_uid text",
            "SELECT p.id, p.agency_id FROM public.socialaccount_socialaccount s "
            "JOIN public.accounts_person p ON p.id = s.user_id "
            "WHERE s.provider = given_provider AND s.uid = given_uid",
        ),
    ]
