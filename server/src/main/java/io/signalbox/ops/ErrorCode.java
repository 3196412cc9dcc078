package io.signalbox.ops;

/**
 * The catalogue of failures that a client or a device can see. Transports translate from it and invent nothing.
 *
 * <p>{@link #number} and {@link #httpStatus} are those of the JSON error object (REST API §2), {@link #mqttReason} is the
 * MQTT 5 reason code.
 */
public enum ErrorCode {
    INTERNAL(2, 500, 0x83),
    STORE_UNAVAILABLE(2, 503, 0x83),
    AUTHENTICATION(10, 401, 0x86),
    TOKEN_EXPIRED(11, 401, 0x87),
    /** The password is older than the policy allows. */
    CREDENTIALS_EXPIRED(15, 401, 0x86),
    PERMISSION_DENIED(20, 403, 0x87),
    BAD_REQUEST(31, 400, 0x99),
    NOT_FOUND(32, 404, 0x90),
    METHOD_NOT_ALLOWED(31, 405, 0x83),
    NOT_ACCEPTABLE(31, 406, 0x83),
    TOO_LARGE(31, 413, 0x95),
    UNSUPPORTED_MEDIA_TYPE(31, 415, 0x83),
    TOO_MANY_REQUESTS(33, 429, 0x97),
    VERSION_CONFLICT(35, 409, 0x83),
    IDEMPOTENCY_KEY_TAKEN(35, 409, 0x83),
    ENTITIES_LIMIT_EXCEEDED(41, 403, 0x97),
    /** A command cannot be taken back: the device may have it. */
    ALREADY_SENT(35, 409, 0x83),
    /** A command has its final state. */
    ALREADY_ENDED(35, 409, 0x83),
    /** The password is right or wrong, and breaks the policy either way. */
    PASSWORD_VIOLATION(45, 401, 0x86),
    NOT_IMPLEMENTED(2, 501, 0x83);

    private final int number;
    private final int httpStatus;
    private final int mqttReason;

    ErrorCode(int number, int httpStatus, int mqttReason) {
        this.number = number;
        this.httpStatus = httpStatus;
        this.mqttReason = mqttReason;
    }

    public int number() {
        return number;
    }

    public int httpStatus() {
        return httpStatus;
    }

    public byte mqttReason() {
        return (byte) mqttReason;
    }
}
