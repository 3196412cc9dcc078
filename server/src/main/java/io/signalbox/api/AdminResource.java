package io.signalbox.api;

import static io.signalbox.api.Route.SYSTEM;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.INTERNAL;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.device.Uuids;
import io.signalbox.identity.JwtSettings;
import io.signalbox.identity.Logins;
import io.signalbox.identity.MailSettings;
import io.signalbox.identity.Mails;
import io.signalbox.identity.PasswordPolicy;
import io.signalbox.identity.SecuritySettings;
import io.signalbox.identity.SystemSettings;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;

/** What the system administrator sets while the server runs (authentication §5.3, §9; REST API §15). */
final class AdminResource implements Resource {
    private static final String GENERAL = "general";
    private static final String MAIL = "mail";
    private static final String SETTINGS = "/api/admin/settings";

    private final SystemSettings settings;
    private final Logins logins;
    private final Mails mails;

    AdminResource(SystemSettings settings, Logins logins, Mails mails) {
        this.settings = settings;
        this.logins = logins;
        this.mails = mails;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/admin/securitySettings", SYSTEM, this::security);
        table.json(POST, "/api/admin/securitySettings", SYSTEM, this::saveSecurity);
        table.json(GET, "/api/admin/jwtSettings", SYSTEM, this::jwt);
        table.json(POST, "/api/admin/jwtSettings", SYSTEM, this::saveJwt);
        table.json(GET, "/api/admin/featuresInfo", SYSTEM, this::features);
        table.json(POST, SETTINGS, SYSTEM, exchange -> save(exchange, Optional.empty()));
        table.json(POST, SETTINGS + "/testMail", SYSTEM, this::testMail);
        table.json(GET, SETTINGS + "/:settingsKey", SYSTEM, this::read);
        table.json(POST, SETTINGS + "/:settingsKey", SYSTEM, exchange -> save(exchange, Optional.of(key(exchange))));
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section admin =
                all.section("Settings", "What the system administrator sets while the server runs");
        admin.call(GET, "/api/admin/securitySettings", "securitySettings", "Reads rules for passwords and logins")
                .answers(Shapes.SECURITY_SETTINGS);
        admin.call(POST, "/api/admin/securitySettings", "saveSecuritySettings", "Sets rules for passwords and logins")
                .takes(Shapes.SECURITY_SETTINGS)
                .answers(Shapes.SECURITY_SETTINGS)
                .fails(BAD_REQUEST, "A value is out of its range");
        admin.call(
                        GET,
                        "/api/admin/jwtSettings",
                        "jwtSettings",
                        "Reads how tokens are made, with the key that signs them")
                .answers(Shapes.JWT_SETTINGS);
        admin.call(POST, "/api/admin/jwtSettings", "saveJwtSettings", "Sets how tokens are made")
                .notes("With another key all tokens are worthless from then on. API keys go on.")
                .takes(Shapes.JWT_SETTINGS)
                .answers(Shapes.TOKENS)
                .fails(BAD_REQUEST, "A value is missing or out of its range");
        admin.call(GET, "/api/admin/featuresInfo", "features", "Reads what is set up")
                .answers(Shapes.FEATURES);
        admin.call(GET, SETTINGS + "/:settingsKey", "readSettings", "Reads settings of the base URL or of mail")
                .notes("The password of the mail server is not shown.")
                .answers(Shapes.ADMIN_SETTINGS)
                .fails(NOT_FOUND, "There are no such settings, or mail is not set up");
        for (String path : List.of(SETTINGS, SETTINGS + "/:settingsKey")) {
            admin.call(
                            POST,
                            path,
                            path.equals(SETTINGS) ? "saveSettings" : "saveSettingsOfKey",
                            "Sets the base URL or mail")
                    .notes(
                            "general has baseUrl. mail has mailFrom, smtpProtocol (smtp or smtps), smtpHost, smtpPort, timeout"
                                    + " in milliseconds, enableTls, username and password; without a password the stored one"
                                    + " stays.")
                    .takes(
                            Shapes.ADMIN_SETTINGS,
                            "{\"key\":\"general\",\"jsonValue\":{\"baseUrl\":\"http://127.0.0.1:8080\"}}")
                    .answers(Shapes.ADMIN_SETTINGS)
                    .fails(BAD_REQUEST, "There are no such settings, or a value is out of its range");
        }
        admin.call(
                        POST,
                        SETTINGS + "/testMail",
                        "testMail",
                        "Sends the caller a mail, with settings that are not stored")
                .takes(Shapes.ADMIN_SETTINGS, """
                        {"jsonValue":{"mailFrom":"signalbox@example.org","smtpHost":"<smtpHost>","smtpPort":"<smtpPort>"}}""")
                .fails(BAD_REQUEST, "A value is missing or out of its range")
                .fails(INTERNAL, "The mail could not be sent; the message says why");
    }

    private static String key(Exchange exchange) {
        return exchange.path("settingsKey");
    }

    // ------------------------------------------------------------------------------------------------ security

    Response security(Exchange exchange) {
        return json(settings.security());
    }

    Response saveSecurity(Exchange exchange) {
        Body body = exchange.body();
        Body policy = Body.of(body.value("passwordPolicy")
                .orElseThrow(() -> bad("Validation error: password policy must not be null")));
        return json(settings.saveSecurity(new SecuritySettings(
                new PasswordPolicy(
                        number(policy, "minimumLength").orElse(PasswordPolicy.STANDARD.lengthMin()),
                        number(policy, "maximumLength").orElse(PasswordPolicy.STANDARD.lengthMax()),
                        number(policy, "minimumUppercaseLetters"),
                        number(policy, "minimumLowercaseLetters"),
                        number(policy, "minimumDigits"),
                        number(policy, "minimumSpecialCharacters"),
                        flag(policy, "allowWhitespaces", true),
                        flag(policy, "forceUserToResetPasswordIfNotValid", false),
                        number(policy, "passwordExpirationPeriodDays"),
                        number(policy, "passwordReuseFrequencyDays")),
                number(body, "maxFailedLoginAttempts"),
                body.text("userLockoutNotificationEmail").filter(email -> !email.isBlank()),
                number(body, "mobileSecretKeyLength").orElse(64),
                hours(body, "userActivationTokenTtl"),
                hours(body, "passwordResetTokenTtl"))));
    }

    private static Duration hours(Body body, String name) {
        return Duration.ofHours(number(body, name).orElse(SecuritySettings.HOURS_MAX));
    }

    private static Response json(SecuritySettings security) {
        return Response.json(json -> {
            json.writeStartObject();
            json.writeName("passwordPolicy");
            write(json, security.policy());
            writeNumber(json, "maxFailedLoginAttempts", security.failedLoginsMax());
            Json.writeText(json, "userLockoutNotificationEmail", security.lockoutEmail());
            json.writeNumberProperty("mobileSecretKeyLength", security.mobileKeyLength());
            json.writeNumberProperty(
                    "userActivationTokenTtl", security.activation().toHours());
            json.writeNumberProperty("passwordResetTokenTtl", security.reset().toHours());
            json.writeEndObject();
        });
    }

    static void write(JsonGenerator json, PasswordPolicy policy) {
        json.writeStartObject();
        json.writeNumberProperty("minimumLength", policy.lengthMin());
        json.writeNumberProperty("maximumLength", policy.lengthMax());
        writeNumber(json, "minimumUppercaseLetters", policy.uppercaseMin());
        writeNumber(json, "minimumLowercaseLetters", policy.lowercaseMin());
        writeNumber(json, "minimumDigits", policy.digitsMin());
        writeNumber(json, "minimumSpecialCharacters", policy.specialMin());
        json.writeBooleanProperty("allowWhitespaces", policy.allowsWhitespace());
        json.writeBooleanProperty("forceUserToResetPasswordIfNotValid", policy.forcesReset());
        writeNumber(json, "passwordExpirationPeriodDays", policy.expirationDays());
        writeNumber(json, "passwordReuseFrequencyDays", policy.reuseDays());
        json.writeEndObject();
    }

    private static void writeNumber(JsonGenerator json, String name, OptionalInt value) {
        if (value.isPresent()) {
            json.writeNumberProperty(name, value.getAsInt());
        } else {
            json.writeNullProperty(name);
        }
    }

    // ------------------------------------------------------------------------------------------------ tokens

    Response jwt(Exchange exchange) {
        JwtSettings jwt = settings.jwt();
        return Response.json(json -> {
            json.writeStartObject();
            json.writeNumberProperty("tokenExpirationTime", jwt.access().toSeconds());
            json.writeNumberProperty("refreshTokenExpTime", jwt.refresh().toSeconds());
            json.writeStringProperty("tokenIssuer", jwt.issuer());
            json.writeStringProperty("tokenSigningKey", jwt.keyText());
            json.writeEndObject();
        });
    }

    Response saveJwt(Exchange exchange) {
        Body body = exchange.body();
        settings.saveJwt(
                seconds(body, "tokenExpirationTime"),
                seconds(body, "refreshTokenExpTime"),
                body.text("tokenIssuer").orElse(""),
                body.text("tokenSigningKey").orElse(""));
        return AuthResource.pair(logins.renew(exchange.caller(), exchange.client()));
    }

    private static Duration seconds(Body body, String name) {
        return Duration.ofSeconds(number(body, name).orElse(0));
    }

    // ------------------------------------------------------------------------------------------------ base URL and
    // mail

    Response read(Exchange exchange) {
        return switch (key(exchange)) {
            case GENERAL -> general();
            case MAIL -> mail(settings.mail().orElseThrow(AdminResource::missing));
            default -> throw missing();
        };
    }

    private static Rejected missing() {
        return new Rejected(ErrorCode.NOT_FOUND, "Requested item wasn't found!");
    }

    private Response save(Exchange exchange, Optional<String> asked) {
        Body body = exchange.body();
        String key = asked.or(() -> body.text("key")).orElse("");
        Body value = value(body);
        return switch (key) {
            case GENERAL -> {
                settings.saveBaseUrl(value.text("baseUrl").orElse(""));
                yield general();
            }
            case MAIL -> mail(settings.saveMail(mailSettings(value)));
            default -> throw bad("There are no settings '" + (key.length() > 64 ? "…" : key) + "'");
        };
    }

    private static Body value(Body body) {
        return Body.of(body.value("jsonValue").orElseThrow(() -> bad("Validation error: jsonValue must not be null")));
    }

    Response testMail(Exchange exchange) {
        mails.test(exchange.caller().email(), settings.complete(mailSettings(value(exchange.body()))));
        return Response.empty();
    }

    private static MailSettings mailSettings(Body value) {
        return new MailSettings(
                value.text("mailFrom").orElse(""),
                value.text("smtpHost").orElse(""),
                number(value, "smtpPort").orElse(25),
                value.text("smtpProtocol").orElse("smtp").equals("smtps"),
                flag(value, "enableTls", false),
                Duration.ofMillis(number(value, "timeout").orElse(10_000)),
                value.text("username").filter(name -> !name.isEmpty()),
                value.text("password").filter(secret -> !secret.isEmpty()));
    }

    private Response general() {
        return json(GENERAL, json -> {
            json.writeStringProperty("baseUrl", settings.baseUrl());
            json.writeBooleanProperty("prohibitDifferentUrl", true);
        });
    }

    private static Response mail(MailSettings mail) {
        return json(MAIL, json -> {
            json.writeStringProperty("mailFrom", mail.from());
            json.writeStringProperty("smtpProtocol", mail.isTls() ? "smtps" : "smtp");
            json.writeStringProperty("smtpHost", mail.host());
            json.writeNumberProperty("smtpPort", mail.port());
            json.writeNumberProperty("timeout", mail.timeout().toMillis());
            json.writeBooleanProperty("enableTls", mail.startTls());
            Json.writeText(json, "username", mail.username());
        });
    }

    private static Response json(String key, Consumer<JsonGenerator> value) {
        return Response.json(json -> {
            json.writeStartObject();
            UUID id = UUID.nameUUIDFromBytes(("settings " + key).getBytes(StandardCharsets.UTF_8));
            Json.writeId(json, "id", "ADMIN_SETTINGS", id);
            json.writeNumberProperty("createdTime", 0);
            Json.writeId(json, "tenantId", "TENANT", Uuids.NULL);
            json.writeStringProperty("key", key);
            json.writeObjectPropertyStart("jsonValue");
            value.accept(json);
            json.writeEndObject();
            json.writeEndObject();
        });
    }

    Response features(Exchange exchange) {
        return Response.json(json -> {
            json.writeStartObject();
            json.writeBooleanProperty("emailEnabled", mails.isSetUp());
            json.writeBooleanProperty("smsEnabled", false);
            json.writeBooleanProperty("notificationEnabled", false);
            json.writeBooleanProperty("oauthEnabled", false);
            json.writeBooleanProperty("twoFaEnabled", false);
            json.writeEndObject();
        });
    }

    private static OptionalInt number(Body body, String name) {
        Optional<Long> value = body.whole(name);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        if (value.get() != value.get().intValue()) {
            throw bad("Invalid request body: '" + name + "' is too large");
        }
        return OptionalInt.of(value.get().intValue());
    }

    private static boolean flag(Body body, String name, boolean absent) {
        return body.text(name).map(Boolean::parseBoolean).orElse(absent);
    }

    private static Rejected bad(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }
}
