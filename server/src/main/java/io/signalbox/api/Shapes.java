package io.signalbox.api;

import io.signalbox.api.Shape.Kind;

/** The JSON objects of the REST API. Loaded when somebody first asks for the description of the API. */
final class Shapes {
    private static final String DEVICE_UUID = "784f394c-42b6-435a-983c-b7beff2784f9";
    private static final String ASSET_UUID = "1c9f0a54-7f2b-4a39-93b8-6f3a0d5c2e18";
    private static final String CUSTOMER_UUID = "0f8c3a42-5b1e-4ef3-9df5-0d3a6e0c1a77";
    private static final String TENANT_UUID = "2d1f0b8e-6a0f-4a0c-9a5d-4f5f5b1f7f10";
    private static final String USER_UUID = "a3a1b1de-7f5c-4d4b-8a56-8d6b2d0e9c21";
    private static final String PROFILE_UUID = "55d5f2f0-3a7a-4a07-8a5d-0a1d1a5e8c33";
    private static final long CREATED = 1_763_733_600_000L;
    private static final String CREATED_AT = "epoch milliseconds";
    private static final String VERSION =
            "Grows with each change. A save that carries an older one is refused with 409";
    private static final String INFO = "Free JSON of the client";
    private static final String ID = "Absent in a request: a new one is made";

    static final Shape ENTITY_ID = new Shape("EntityId", "Names an entity")
            .text("entityType", "DEVICE", "DEVICE, CUSTOMER, TENANT, USER, …")
            .uuid("id", DEVICE_UUID, "Its identifier; 13814000-1dd2-11b2-8080-808080808080 stands for none")
            .required("id");

    static final Shape ERROR = new Shape("Error", "Why a call was refused")
            .whole("status", 400, "The HTTP status again")
            .text("message", "Invalid UUID string: 17", "For people")
            .whole(
                    "errorCode",
                    31,
                    "2 general, 10 authentication, 11 token expired, 20 permission, 31 bad request, 32 not found, 33 too many requests, 35 version conflict")
            .whole("timestamp", CREATED, CREATED_AT);

    static final Shape LOGIN = new Shape("Login", "What a user shows")
            .text("username", "tenant@thingsboard.org", "The user's email address")
            .text("password", "tenant", "The user's password")
            .required("username", "password");

    static final Shape REFRESH = new Shape("Refresh", "Asks for new tokens")
            .text("refreshToken", "<refreshToken>", "From the last login or refresh")
            .required("refreshToken");

    static final Shape TOKENS = new Shape("Tokens", "What a login gives")
            .text("token", "eyJhbGciOiJIUzUxMiJ9…", "Access token, for the header X-Authorization: Bearer …")
            .text("refreshToken", "eyJhbGciOiJIUzUxMiJ9…", "For new tokens when the access token expires");

    static final Shape ACTIVATE = new Shape("Activate", "Sets the first password of a user")
            .text("activateToken", "<activateToken>", "From the activation link")
            .text("password", "a-long-enough-password", "The password that the user chose")
            .required("activateToken", "password");

    static final Shape PUBLIC_LOGIN = new Shape("PublicLogin", "Which public customer to act as")
            .text("publicId", "<publicCustomerId>", "The customer's identifier")
            .required("publicId");

    static final Shape CHANGE_PASSWORD = new Shape("ChangePassword", "Sets the caller's password")
            .text("currentPassword", "<currentPassword>", "")
            .text("newPassword", "another-long-password", "")
            .required("currentPassword", "newPassword");

    static final Shape EMAIL = new Shape("Email", "An address")
            .text("email", "kim@example.org", "Of somebody who forgot the password")
            .required("email");

    static final Shape RESET_PASSWORD = new Shape("ResetPassword", "Sets a new password")
            .text("resetToken", "<resetToken>", "From the link")
            .text("password", "another-long-password", "")
            .required("resetToken", "password");

    static final Shape LOGGED_IN = new Shape("LoggedIn", "One login, with the tokens that were refreshed from it")
            .uuid("id", "5f0f8b0a-9f3a-4f9e-8a39-0b8d5fd0b113", "Its identifier")
            .whole("createdTime", CREATED, CREATED_AT)
            .whole("lastRefreshTime", CREATED, CREATED_AT)
            .whole("expirationTime", CREATED, "When it ends unless it is refreshed, epoch milliseconds")
            .text("clientAddress", "192.0.2.7", "From where")
            .text("browser", "Chrome 126", "")
            .text("os", "Linux", "")
            .text("device", "Other", "")
            .textOrNull("actingUser", "null", "The administrator who acts as this user")
            .flag("current", true, "Whether this call was made with it");

    static final Shape LINK = new Shape("Link", "A link")
            .text("value", "http://127.0.0.1:8080/api/noauth/activate?activateToken=…", "")
            .whole("ttlMs", 86_399_999, "Milliseconds for which it is good");

    static final Shape API_KEY_INFO = apiKey(new Shape("ApiKeyInfo", "An API key, without what opens"));

    static final Shape API_KEY = apiKey(new Shape("ApiKey", "An API key"))
            .textOrNull("value", "\"tb_…\"", "What opens; only in the answer that makes it")
            .required("userId", "description");

    static final Shape JWT_SETTINGS = new Shape("JwtSettings", "How tokens are made")
            .whole("tokenExpirationTime", 9000, "Seconds for which an access token is good, 60 or more")
            .whole("refreshTokenExpTime", 604_800, "Seconds for which a refresh token is good, 900 or more")
            .text("tokenIssuer", "thingsboard.io", "The claim iss")
            .text("tokenSigningKey", "<signingKey>", "Base64 of 64 bytes or more")
            .required("tokenExpirationTime", "refreshTokenExpTime", "tokenIssuer", "tokenSigningKey");

    static final Shape ADMIN_SETTINGS = new Shape("AdminSettings", "Settings of one kind")
            .id("id", "ADMIN_SETTINGS", "5f0f8b0a-9f3a-4f9e-8a39-0b8d5fd0b114", ID)
            .whole("createdTime", 0, CREATED_AT)
            .id("tenantId", "TENANT", "13814000-1dd2-11b2-8080-808080808080", "None")
            .text("key", "general", "general or mail")
            .add("jsonValue", Kind.OBJECT, "{\"baseUrl\":\"http://127.0.0.1:8080\"}", "By kind")
            .required("jsonValue");

    static final Shape FEATURES = new Shape("Features", "What is set up")
            .flag("emailEnabled", false, "Mail")
            .flag("smsEnabled", false, "")
            .flag("notificationEnabled", false, "")
            .flag("oauthEnabled", false, "")
            .flag("twoFaEnabled", false, "");

    static final Shape PASSWORD_POLICY = new Shape("PasswordPolicy", "What passwords must be like; null: not limited")
            .whole("minimumLength", 6, "Characters")
            .whole("maximumLength", 72, "Characters")
            .add("minimumUppercaseLetters", Kind.WHOLE_OR_NULL, "null", "")
            .add("minimumLowercaseLetters", Kind.WHOLE_OR_NULL, "null", "")
            .add("minimumDigits", Kind.WHOLE_OR_NULL, "null", "")
            .add("minimumSpecialCharacters", Kind.WHOLE_OR_NULL, "null", "")
            .flag("allowWhitespaces", true, "")
            .flag("forceUserToResetPasswordIfNotValid", false, "")
            .add("passwordExpirationPeriodDays", Kind.WHOLE_OR_NULL, "null", "")
            .add("passwordReuseFrequencyDays", Kind.WHOLE_OR_NULL, "null", "");

    static final Shape SECURITY_SETTINGS = new Shape("SecuritySettings", "Rules for passwords and logins")
            .add("passwordPolicy", Kind.OBJECT, PASSWORD_POLICY.example(), "As /api/noauth/userPasswordPolicy shows it")
            .add("maxFailedLoginAttempts", Kind.WHOLE_OR_NULL, "null", "More lock the account; null or 0: none do")
            .textOrNull("userLockoutNotificationEmail", "null", "Who is told of that")
            .whole("mobileSecretKeyLength", 64, "Kept for clients")
            .whole("userActivationTokenTtl", 24, "Hours, 1 to 24")
            .whole("passwordResetTokenTtl", 24, "Hours, 1 to 24")
            .required("passwordPolicy");

    static final Shape USER = new Shape("User", "Somebody who logs in")
            .id("id", "USER", USER_UUID, ID)
            .whole("createdTime", CREATED, CREATED_AT)
            .id("tenantId", "TENANT", TENANT_UUID, "Whose user it is")
            .id("customerId", "CUSTOMER", CUSTOMER_UUID, "Whose user it is, of a CUSTOMER_USER")
            .text("email", "kim@example.org", "Unique; the name to log in with")
            .text("name", "kim@example.org", "The email address again")
            .text("authority", "CUSTOMER_USER", "SYS_ADMIN, TENANT_ADMIN or CUSTOMER_USER")
            .textOrNull("firstName", "\"Kim\"", "")
            .textOrNull("lastName", "null", "")
            .textOrNull("phone", "null", "")
            .whole("version", 1, VERSION)
            .add("additionalInfo", Kind.OBJECT_OR_NULL, "null", INFO)
            .required("email", "authority");

    static final Shape TENANT = tenant("Tenant", "Owns devices, customers and users; sees nothing of others");

    static final Shape TENANT_INFO = tenant("TenantInfo", "A tenant, and what people want to see beside it")
            .text("tenantProfileName", "Default", "The name of its profile");

    static final Shape TENANT_PROFILE = new Shape("TenantProfile", "What tenants may have")
            .id("id", "TENANT_PROFILE", PROFILE_UUID, ID)
            .whole("createdTime", CREATED, CREATED_AT)
            .text("name", "Small", "Unique")
            .text("description", "", "")
            .flag("default", false, "Whether tenants have it for whom nobody named one")
            .flag("isolatedTbRuleEngine", false, "")
            .add("profileData", Kind.OBJECT, "{\"configuration\":{\"type\":\"DEFAULT\",\"maxDevices\":100}}", "Limits")
            .required("name", "profileData");

    static final Shape TENANT_PROFILE_INFO = new Shape("TenantProfileInfo", "A tenant profile in short")
            .id("id", "TENANT_PROFILE", PROFILE_UUID, "")
            .text("name", "Small", "");

    static final Shape USER_INFO = new Shape("UserInfo", "A user in short")
            .id("id", "USER", USER_UUID, "")
            .text("email", "kim@example.org", "")
            .textOrNull("firstName", "\"Kim\"", "")
            .textOrNull("lastName", "null", "");

    static final Shape RPC_SETTINGS = new Shape("RpcSettings", "How commands go out; null: inherited")
            .textOrNull(
                    "submitStrategy",
                    "\"SEQUENTIAL_ON_ACK_FROM_DEVICE\"",
                    "BURST, SEQUENTIAL_ON_ACK_FROM_DEVICE or SEQUENTIAL_ON_RESPONSE_FROM_DEVICE: whether a command waits for the acknowledgement of, or the reply to, the one before")
            .add(
                    "inFlightMax",
                    Kind.WHOLE_OR_NULL,
                    "1",
                    "Commands that the device has at a time: from being sent until they are answered, or delivered if they are one-way, or end otherwise; 0: no limit")
            .add(
                    "redeliver",
                    Kind.ANY,
                    "true",
                    "Whether a delivered, unanswered command whose caller did not say goes out again when the device subscribes")
            .add(
                    "mask",
                    Kind.ANY,
                    "[\"password\"]",
                    "Names of members whose values the audit log does not keep, beside those of the server")
            .add(
                    "effective",
                    Kind.OBJECT,
                    "{\"submitStrategy\":{\"value\":\"SEQUENTIAL_ON_ACK_FROM_DEVICE\",\"from\":\"DEVICE\"},\"inFlightMax\":{\"value\":1,\"from\":\"PROFILE\"},\"redeliver\":{\"value\":true,\"from\":\"SERVER\"},\"mask\":{\"value\":[\"password\"],\"from\":\"DEVICE\"}}",
                    "What counts, and who says so: DEVICE, PROFILE or SERVER; not read in a request");

    static final Shape CUSTOMER = contact(new Shape("Customer", "A part of a tenant that devices are assigned to")
                    .id("id", "CUSTOMER", CUSTOMER_UUID, ID)
                    .whole("createdTime", CREATED, CREATED_AT)
                    .id("tenantId", "TENANT", TENANT_UUID, "Whose customer it is")
                    .text("title", "Building 7", "Unique within the tenant")
                    .text("name", "Building 7", "The title again"))
            .add("externalId", Kind.OBJECT_OR_NULL, "null", "")
            .whole("version", 1, VERSION)
            .add("additionalInfo", Kind.OBJECT_OR_NULL, "null", INFO)
            .required("title");

    static final Shape CUSTOMER_INFO = new Shape("CustomerInfo", "A customer in short")
            .text("title", "Building 7", "")
            .flag("isPublic", false, "");

    static final Shape DEVICE = device("Device", "Something that is commanded and reports");

    static final Shape DEVICE_INFO = device("DeviceInfo", "A device, and what people want to see beside it")
            .textOrNull("customerTitle", "\"Building 7\"", "Who it is assigned to")
            .flag("customerIsPublic", false, "Whether anybody may see it")
            .text("deviceProfileName", "default", "The type again")
            .flag("active", true, "Whether it was heard of lately");

    static final Shape ASSET = asset("Asset", "A thing that is no device: a building, a machine, a place");

    static final Shape ASSET_INFO = asset("AssetInfo", "An asset, and what people want to see beside it")
            .textOrNull("customerTitle", "\"Building 7\"", "Who it is assigned to")
            .flag("customerIsPublic", false, "Whether anybody may see it")
            .text("assetProfileName", "building", "The type again");

    static final Shape ASSET_PROFILE = new Shape("AssetProfile", "A kind of asset")
            .id("id", "ASSET_PROFILE", PROFILE_UUID, ID)
            .whole("createdTime", CREATED, CREATED_AT)
            .id("tenantId", "TENANT", TENANT_UUID, "Whose profile it is")
            .text("name", "building", "Unique within the tenant; the type of its assets")
            .text("description", "", "")
            .flag("default", false, "Whether assets have it for which nobody named one")
            .textOrNull("image", "null", "")
            .add("defaultRuleChainId", Kind.OBJECT_OR_NULL, "null", "")
            .add("defaultDashboardId", Kind.OBJECT_OR_NULL, "null", "")
            .textOrNull("defaultQueueName", "null", "")
            .add("defaultEdgeRuleChainId", Kind.OBJECT_OR_NULL, "null", "")
            .add("externalId", Kind.OBJECT_OR_NULL, "null", "")
            .whole("version", 1, VERSION)
            .required("name");

    static final Shape ASSET_PROFILE_INFO = new Shape("AssetProfileInfo", "A kind of asset in short")
            .id("id", "ASSET_PROFILE", PROFILE_UUID, "")
            .id("tenantId", "TENANT", TENANT_UUID, "Whose profile it is")
            .text("name", "building", "")
            .textOrNull("image", "null", "")
            .add("defaultDashboardId", Kind.OBJECT_OR_NULL, "null", "");

    static final Shape RELATION = relation("Relation", "That one entity stands in some relation to another");

    static final Shape RELATION_INFO = relation("RelationInfo", "A relation, with the names of its ends")
            .text("fromName", "Building 7", "")
            .text("toName", "Thermostat 4", "");

    static final Shape RELATIONS_QUERY = new Shape("RelationsQuery", "Which way to go, and what is wanted of it")
            .add(
                    "parameters",
                    Kind.OBJECT,
                    "{\"rootId\":\"" + ASSET_UUID
                            + "\",\"rootType\":\"ASSET\",\"direction\":\"FROM\",\"relationTypeGroup\":\"COMMON\",\"maxLevel\":1,\"fetchLastLevelOnly\":false}",
                    "Where it begins, FROM it or TO it, and how far; a maxLevel of 0 is no limit")
            .add(
                    "filters",
                    Kind.LIST,
                    "[{\"relationType\":\"Contains\",\"entityTypes\":[\"DEVICE\"]}]",
                    "What of it is wanted: all when absent")
            .required("parameters");

    static final Shape ENTITY_SUBTYPE = new Shape("EntitySubtype", "A type that something has")
            .id("tenantId", "TENANT", TENANT_UUID, "Whose it is")
            .text("entityType", "DEVICE", "")
            .text("type", "default", "");

    static final Shape DEVICE_PROFILE = new Shape("DeviceProfile", "A kind of device")
            .id("id", "DEVICE_PROFILE", PROFILE_UUID, ID)
            .whole("createdTime", CREATED, CREATED_AT)
            .id("tenantId", "TENANT", TENANT_UUID, "Whose profile it is")
            .text("name", "pump", "Unique within the tenant; the type of its devices")
            .text("description", "", "")
            .flag("default", false, "Whether devices have it for which nobody named one")
            .text("type", "DEFAULT", "DEFAULT")
            .text("transportType", "DEFAULT", "DEFAULT, MQTT, COAP, LWM2M or SNMP")
            .text(
                    "provisionType",
                    "DISABLED",
                    "DISABLED, ALLOW_CREATE_NEW_DEVICES, CHECK_PRE_PROVISIONED_DEVICES or X509_CERTIFICATE_CHAIN")
            .add(
                    "profileData",
                    Kind.OBJECT,
                    "{\"configuration\":{\"type\":\"DEFAULT\"},\"transportConfiguration\":{\"type\":\"DEFAULT\"}}",
                    "Settings of transport, provisioning and alarms")
            .textOrNull("provisionDeviceKey", "null", "What devices show that want to be made; unique")
            .textOrNull("image", "null", "")
            .add("defaultRuleChainId", Kind.OBJECT_OR_NULL, "null", "")
            .add("defaultDashboardId", Kind.OBJECT_OR_NULL, "null", "")
            .textOrNull("defaultQueueName", "null", "")
            .add("firmwareId", Kind.OBJECT_OR_NULL, "null", "")
            .add("softwareId", Kind.OBJECT_OR_NULL, "null", "")
            .add("defaultEdgeRuleChainId", Kind.OBJECT_OR_NULL, "null", "")
            .add("externalId", Kind.OBJECT_OR_NULL, "null", "")
            .whole("version", 1, VERSION)
            .required("name", "profileData");

    static final Shape DEVICE_PROFILE_INFO = new Shape("DeviceProfileInfo", "A kind of device in short")
            .id("id", "DEVICE_PROFILE", PROFILE_UUID, "")
            .id("tenantId", "TENANT", TENANT_UUID, "Whose profile it is")
            .text("name", "pump", "")
            .textOrNull("image", "null", "")
            .add("defaultDashboardId", Kind.OBJECT_OR_NULL, "null", "")
            .text("type", "DEFAULT", "")
            .text("transportType", "DEFAULT", "");

    static final Shape ENTITY_NAME = new Shape("EntityName", "What something is called")
            .id("id", "DEVICE_PROFILE", PROFILE_UUID, "")
            .text("name", "pump", "");

    static final Shape DEVICE_CREDENTIALS = new Shape("DeviceCredentials", "How a device proves who it is")
            .add("id", Kind.OBJECT, "{\"id\":\"6b1c1c0a-5a44-4e5c-9d8c-54f7d5a0f3f2\"}", "Of the credentials")
            .whole("createdTime", CREATED, CREATED_AT)
            .id("deviceId", "DEVICE", DEVICE_UUID, "Whose they are")
            .text("credentialsType", "ACCESS_TOKEN", "ACCESS_TOKEN, X509_CERTIFICATE, MQTT_BASIC or LWM2M_CREDENTIALS")
            .text("credentialsId", "A1_TEST_TOKEN", "The access token; of the others the server's own or the endpoint")
            .textOrNull("credentialsValue", "null", "The certificate, or what else is checked, as JSON text")
            .whole("version", 1, VERSION);

    static final Shape ATTRIBUTE = new Shape("Attribute", "A value without history")
            .text("key", "targetTemperature", "")
            .add("value", Kind.ANY, "21.5", "Text, number, true, false or JSON")
            .whole("lastUpdateTs", CREATED, CREATED_AT);

    static final Shape POINT = new Shape("Point", "A value and its time")
            .whole("ts", CREATED, CREATED_AT)
            .add("value", Kind.ANY, "\"21.5\"", "As text; with useStrictDataTypes as it was sent");

    static final Shape COMMAND = new Shape("Command", "What somebody wants a device to do")
            .text("method", "setTemperature", "For the device")
            .add("params", Kind.ANY, "{\"celsius\":21.5}", "Any JSON, for the device")
            .whole(
                    "timeout",
                    5000,
                    "Milliseconds until the command ends, whatever happens; with Prefer: exact-timeout 0 is one attempt, now or never")
            .whole("expirationTime", CREATED, "The same as an instant in epoch milliseconds; wins over timeout")
            .flag("persistent", false, "true: the command is stored until the device comes, and nobody waits")
            .whole("retries", 2, "How often it is sent again when the device does not acknowledge it")
            .add(
                    "retryPolicy",
                    Kind.OBJECT_OR_NULL,
                    "{\"backoff\":{\"initial\":2000,\"factor\":2,\"max\":60000,\"jitter\":0.1},"
                            + "\"retryOn\":[\"sent-not-acknowledged\",\"refused\"]}",
                    "How long it waits before it is sent again, and after which failures: sent-not-acknowledged (the default),"
                            + " no-answer (where one command waits for the answer to the other) and refused; persistent commands")
            .flag(
                    "redeliver",
                    true,
                    "false: once delivered, it is not sent again when the device subscribes; absent: as the device is set")
            .text("lane", "setpoint", "Commands of one lane and device can replace each other; persistent commands")
            .flag("supersede", false, "true: ends the older open commands of the lane")
            .add("additionalInfo", Kind.ANY, "null", "Kept with the record; the device never sees it")
            .uuid("requestUUID", "5f0f8b0a-9f3a-4f9e-8a39-0b8d5fd0b111", "What the command is to be called")
            .required("method");

    static final Shape RPC = new Shape("Rpc", "A persistent command, as it is stored")
            .id("id", "RPC", "5f0f8b0a-9f3a-4f9e-8a39-0b8d5fd0b111", ID)
            .whole("createdTime", CREATED, CREATED_AT)
            .id("tenantId", "TENANT", TENANT_UUID, "Whose command it is")
            .id("deviceId", "DEVICE", DEVICE_UUID, "For which device")
            .whole("expirationTime", CREATED, "When it ends at the latest, epoch milliseconds")
            .add(
                    "request",
                    Kind.OBJECT,
                    "{\"oneway\":false,\"body\":{\"method\":\"setTemperature\",\"params\":\"{\\\"celsius\\\":21.5}\"}}",
                    "What was asked for; params as JSON text")
            .add("response", Kind.ANY, "null", "The device's reply, or why there is none")
            .text("status", "QUEUED", "QUEUED, SENT, DELIVERED, SUCCESSFUL, TIMEOUT, EXPIRED or FAILED")
            .add("additionalInfo", Kind.ANY, "null", INFO);

    static final Shape AUDIT_LOG = new Shape("AuditLog", "What somebody did")
            .add("id", Kind.OBJECT, "{\"id\":\"5f0f8b0a-9f3a-4f9e-8a39-0b8d5fd0b111\"}", ID)
            .whole("createdTime", CREATED, CREATED_AT)
            .id("tenantId", "TENANT", TENANT_UUID, "Whose log it is")
            .id("customerId", "CUSTOMER", CUSTOMER_UUID, "Of the user")
            .id("entityId", "DEVICE", DEVICE_UUID, "What it was done to")
            .text("entityName", "Thermostat 4", "Its name at that time")
            .id("userId", "USER", "5f0f8b0a-9f3a-4f9e-8a39-0b8d5fd0b112", "Who did it")
            .text("userName", "tenant@example.org", "And the name")
            .text("actionType", "RPC_CALL", "What was done")
            .add(
                    "actionData",
                    Kind.OBJECT,
                    "{\"oneWay\":false,\"method\":\"setTemperature\"}",
                    "With what, and what came of it")
            .text("actionStatus", "SUCCESS", "SUCCESS or FAILURE")
            .text("actionFailureDetails", "", "Why not")
            .textOrNull("clientAddress", "\"192.0.2.7\"", "Where the call came from");

    static final Shape RPC_HISTORY = new Shape("RpcHistory", "How a command came to its state")
            .id("id", "RPC", "5f0f8b0a-9f3a-4f9e-8a39-0b8d5fd0b111", ID)
            .text("status", "QUEUED", "Also CANCELLED, SUPERSEDED and DELETED")
            .flag("open", true, "Whether something may still happen")
            .add("requestId", Kind.ANY, "null", "The id that the device sees; null before it was first sent")
            .whole("attempts", 0, "How often it was handed to a connection")
            .add(
                    "history",
                    Kind.ANY,
                    "[{\"ts\":1760000000000,\"cause\":\"accepted\",\"status\":\"QUEUED\",\"attempt\":0,\"generation\":0}]",
                    "Oldest first");

    static final Shape DEVICE_COMMAND = new Shape("DeviceCommand", "A command, as its device sees it")
            .whole("id", 17, "The request id, to answer with")
            .text("method", "setTemperature", "")
            .add("params", Kind.ANY, "{\"celsius\":21.5}", "");

    static final Shape DEVICE_ATTRIBUTES = new Shape("DeviceAttributes", "What a device asked for of its attributes")
            .add("client", Kind.OBJECT, "{\"serial\":\"A-17\"}", "Those that the device set")
            .add("shared", Kind.OBJECT, "{\"targetTemperature\":21.5}", "Those that were set for it");

    static final Shape SYSTEM_INFO = new Shape("SystemInfo", "What the server says about itself")
            .text("version", "4.3.0", "Of the API that it is compatible with")
            .text("artifact", "application", "")
            .text("name", "Signalbox", "")
            .text("type", "CE", "")
            .text("signalboxVersion", "0.1.0", "Its own");

    static final Shape USAGE = new Shape("Usage", "How much a tenant has, and may have; a limit of 0 is none")
            .whole("devices", 3, "")
            .whole("maxDevices", 0, "")
            .whole("assets", 0, "")
            .whole("maxAssets", 0, "")
            .whole("customers", 0, "")
            .whole("maxCustomers", 0, "")
            .whole("users", 0, "")
            .whole("maxUsers", 0, "")
            .whole("dashboards", 0, "")
            .whole("maxDashboards", 0, "")
            .whole("edges", 0, "")
            .whole("maxEdges", 0, "")
            .whole("transportMessages", 0, "")
            .whole("maxTransportMessages", 0, "")
            .whole("jsExecutions", 0, "")
            .whole("tbelExecutions", 0, "")
            .whole("maxJsExecutions", 0, "")
            .whole("maxTbelExecutions", 0, "")
            .whole("emails", 0, "")
            .whole("maxEmails", 0, "")
            .whole("sms", 0, "")
            .whole("maxSms", 0, "")
            .flag("smsEnabled", false, "")
            .whole("alarms", 0, "")
            .whole("maxAlarms", 0, "");

    static final Shape SYSTEM_PARAMS = new Shape("SystemParams", "What clients are to show")
            .flag("userTokenAccessEnabled", true, "Whether administrators may act as users")
            .add("allowedDashboardIds", Kind.LIST, "[]", "")
            .flag("edgesSupportEnabled", false, "")
            .flag("hasRepository", false, "")
            .flag("tbelEnabled", false, "")
            .flag("persistDeviceStateToTelemetry", false, "")
            .add("userSettings", Kind.OBJECT, "{\"openedMenuSections\":[]}", "")
            .whole("maxDatapointsLimit", 50_000, "Points that a chart asks for at most")
            .whole("maxResourceSize", 0, "")
            .flag("mobileQrEnabled", false, "")
            .whole("maxDebugModeDurationMinutes", 0, "")
            .whole("maxArgumentsPerCF", 0, "");

    private Shapes() {}

    private static Shape tenant(String name, String about) {
        return contact(new Shape(name, about)
                        .id("id", "TENANT", TENANT_UUID, ID)
                        .whole("createdTime", CREATED, CREATED_AT)
                        .text("title", "Acme", "Its name")
                        .text("name", "Acme", "The title again")
                        .text("region", "Global", "")
                        .id("tenantProfileId", "TENANT_PROFILE", PROFILE_UUID, "What it may have"))
                .whole("version", 1, VERSION)
                .add("additionalInfo", Kind.OBJECT_OR_NULL, "null", INFO)
                .required("title");
    }

    private static Shape device(String name, String about) {
        return new Shape(name, about)
                .id("id", "DEVICE", DEVICE_UUID, ID)
                .whole("createdTime", CREATED, CREATED_AT)
                .id("tenantId", "TENANT", TENANT_UUID, "Whose device it is")
                .id("customerId", "CUSTOMER", CUSTOMER_UUID, "Who it is assigned to")
                .text("name", "Thermostat 4", "Unique within the tenant")
                .text("type", "default", "The name of its device profile")
                .textOrNull("label", "null", "")
                .id("deviceProfileId", "DEVICE_PROFILE", PROFILE_UUID, "Its kind")
                .add(
                        "deviceData",
                        Kind.OBJECT_OR_NULL,
                        "{\"configuration\":{\"type\":\"DEFAULT\"},\"transportConfiguration\":{\"type\":\"DEFAULT\"}}",
                        "Settings of its transport")
                .add("firmwareId", Kind.OBJECT_OR_NULL, "null", "")
                .add("softwareId", Kind.OBJECT_OR_NULL, "null", "")
                .add("externalId", Kind.OBJECT_OR_NULL, "null", "")
                .whole("version", 1, VERSION)
                .add("additionalInfo", Kind.OBJECT_OR_NULL, "null", INFO)
                .required("name");
    }

    private static Shape asset(String name, String about) {
        return new Shape(name, about)
                .id("id", "ASSET", ASSET_UUID, ID)
                .whole("createdTime", CREATED, CREATED_AT)
                .id("tenantId", "TENANT", TENANT_UUID, "Whose asset it is")
                .id("customerId", "CUSTOMER", CUSTOMER_UUID, "Who it is assigned to")
                .text("name", "Building 7", "Unique within the tenant")
                .text("type", "building", "The name of its asset profile")
                .textOrNull("label", "null", "")
                .id("assetProfileId", "ASSET_PROFILE", PROFILE_UUID, "Its kind")
                .add("externalId", Kind.OBJECT_OR_NULL, "null", "")
                .whole("version", 1, VERSION)
                .add("additionalInfo", Kind.OBJECT_OR_NULL, "null", INFO)
                .required("name");
    }

    private static Shape relation(String name, String about) {
        return new Shape(name, about)
                .id("from", "ASSET", ASSET_UUID, "The one end")
                .id("to", "DEVICE", DEVICE_UUID, "The other end")
                .text("type", "Contains", "Any word")
                .text("typeGroup", "COMMON", "COMMON when absent")
                .whole("version", 1, VERSION)
                .add("additionalInfo", Kind.ANY, "null", INFO)
                .required("from", "to", "type");
    }

    private static Shape apiKey(Shape shape) {
        return shape.id("id", "API_KEY", "5f0f8b0a-9f3a-4f9e-8a39-0b8d5fd0b115", ID)
                .whole("createdTime", CREATED, CREATED_AT)
                .id("tenantId", "TENANT", TENANT_UUID, "Of its owner")
                .id("userId", "USER", USER_UUID, "Its owner, as whom it acts")
                .whole("expirationTime", 0, "When it ends, epoch milliseconds; 0: never")
                .text("description", "CI robot", "What it is for")
                .flag("enabled", true, "Whether it is let in; false when absent")
                .flag("expired", false, "Whether it has ended");
    }

    private static Shape contact(Shape shape) {
        for (String name : Contact.NAMES) {
            shape.textOrNull(name, name.equals("country") ? "\"Germany\"" : "null", "");
        }
        return shape;
    }
}
