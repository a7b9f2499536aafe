"""The one settings file: everything that differs between installations is read from the environment, with its type."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from openbeat.kernel import env, keys
from openbeat.kernel.logs import configure as configure_logs
from openbeat.seeing.tickets import forget

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).resolve().parent
VAR = env.folder("OPENBEAT_VAR", ROOT / "var")
KEYS = VAR / "keys"

DEBUG = env.flag("OPENBEAT_DEBUG", default=False)
TESTING = env.flag("OPENBEAT_TESTING", default=False)
SECRET_KEY = keys.secret(KEYS / "web.key").hex()
ROW_KEY = keys.secret(KEYS / "rows.key")
ALLOWED_HOSTS = env.words("OPENBEAT_HOSTS", "localhost,127.0.0.1,[::1]")
TLS = env.flag("OPENBEAT_TLS", default=False)
BASE_URL = env.text("OPENBEAT_BASE_URL", "http://127.0.0.1:8000")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "procrastinate.contrib.django",
    "openbeat.seeing",
    "openbeat.audit",
    "openbeat.accounts",
    "openbeat.ops",
    "openbeat.web",
]
# rooms join when they have content
ROOMS = (
    "places",
    "incidents",
    "intake",
    "forecast",
    "forecast/warning",
    "patrol",
    "patrol/what_if",
    "patrol/standby",
    "patrol/beats",
    "oversight",
)
for _room in (*ROOMS, "transparency"):
    if (PACKAGE / _room / "models.py").exists():
        INSTALLED_APPS.insert(-2, f"openbeat.{_room.replace('/', '.')}")

MIDDLEWARE = [
    "openbeat.ops.health.Measure",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "openbeat.web.middleware.ActorMiddleware",
    "openbeat.web.middleware.LandingMiddleware",
    "openbeat.web.staying.StayMiddleware",
    "openbeat.web.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "openbeat.urls"
ASGI_APPLICATION = "openbeat.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "openbeat.web.frame.frame",
            ],
        },
    },
]

# The application connects as a role that owns nothing; `owner` is for migrations alone.
_OWNER_URL = env.text("DATABASE_URL", "postgresql:///openbeat")
_KEPT = env.number("OPENBEAT_CONNECTIONS", 20, most=1000)
# five seconds without a connection, and the request is told that the database is gone
_POOL = {"min_size": 1, "max_size": _KEPT, "timeout": 5, "reset": forget} if _KEPT else None
DATABASES = {
    "default": {
        **env.database(env.text("OPENBEAT_APP_DATABASE_URL", _OWNER_URL), pool=_POOL),
        "CONN_MAX_AGE": 0,  # a request has a thread of its own: it borrows a connection and gives it back
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIGRATE": True},
    },
    "owner": {**env.database(_OWNER_URL), "TEST": {"MIRROR": "default"}},
}
# loaded by the worker alone: the pages name their tasks, and start without what those need
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = [
    f"openbeat.ops.{module}"
    for module in (
        "tasks",
        "place_work",
        "import_work",
        "housekeeping",
        "warning_work",
        "what_if_work",
        "standby_work",
        "beats_work",
    )
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["openbeat.web.adapters.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_USER_DISPLAY = "openbeat.web.adapters.name_of"
ACCOUNT_FORMS = {"login": "openbeat.web.sign_in_forms.SignInForm"}
# one address may be a whole headquarters behind one router; each account has its own lock besides
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "200/5m/ip"}
ACCOUNT_ADAPTER = "openbeat.web.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "openbeat.web.adapters.SocialAdapter"
MFA_ADAPTER = "openbeat.web.adapters.FactorAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form may not lead to another site (CSP form-action); a link may
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not TLS
MFA_TOTP_ISSUER = "Openbeat"
MFA_FORMS = {
    "authenticate": "openbeat.web.sign_in_forms.CodeForm",
    "reauthenticate": "openbeat.web.sign_in_forms.CodeAgainForm",
    "add_webauthn": "openbeat.web.sign_in_forms.PasskeyForm",
}
OIDC_ISSUER = env.text("OPENBEAT_OIDC_ISSUER", "")
OIDC_CLAIM = env.text("OPENBEAT_OIDC_CLAIM", "preferred_username")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "agency",
                "name": env.text("OPENBEAT_OIDC_NAME", "Single sign-on"),
                "client_id": env.text("OPENBEAT_OIDC_CLIENT_ID"),
                "secret": env.text("OPENBEAT_OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_ISSUER, "oauth_pkce_enabled": True},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}
SESSION_ENGINE = "openbeat.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = TLS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 24 * 3600
CSRF_COOKIE_SECURE = TLS
CSRF_COOKIE_HTTPONLY = False
CSRF_TRUSTED_ORIGINS = env.words("OPENBEAT_ORIGINS")
SECURE_SSL_REDIRECT = TLS and env.flag("OPENBEAT_TLS_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = ["^healthz$"]  # asked by the supervisor on loopback
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("OPENBEAT_PROXY", default=False) else None
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = TLS
SECURE_HSTS_PRELOAD = TLS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("ru", _("Russian")),
    ("kk", _("Kazakh")),
    ("uz", _("Uzbek")),
    ("zh-hans", _("Simplified Chinese")),
]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "openbeat.web.formats"
FORM_RENDERER = "openbeat.web.ui.forms.Renderer"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING
WHITENOISE_IMMUTABLE_FILE_TEST = r"(\.[0-9a-f]{12}\.|/chunk-[0-9A-Z]{8}\.)"
MEDIA_ROOT = VAR / "media"
LOG_TILES = VAR / "tiles"
LOG_KEYS = KEYS / "log"
LOG_LAST_CHECKPOINT = LOG_KEYS / "last-checkpoint"
LOG_ORIGIN = env.text("OPENBEAT_LOG_ORIGIN", "openbeat.local/log")

DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
UPLOAD_LIMIT = env.number("OPENBEAT_UPLOAD_LIMIT_MB", 2048, least=1) * 2**20

LOGGING_CONFIG = None
configure_logs(env.text("OPENBEAT_LOG_LEVEL", "INFO"), as_json=env.flag("OPENBEAT_LOG_JSON", default=not DEBUG))
