"""Rules for passwords, independent of the environment."""

PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [
    {"NAME": "recsite.accounts.staff_passwords.StaffMinimumLengthValidator"},
    {"NAME": "recsite.api.own_tokens.RevokeTokens"},
]
