package io.signalbox.identity;

import io.signalbox.device.Assignable;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Who may do what with which object (authentication §13): the one place that decides, for REST, WebSocket and RPC alike.
 *
 * <p>Pure. A device of another tenant looks missing; a customer, profile or user of another tenant is forbidden.
 */
public final class Access {
    public static final String FORBIDDEN_TEXT = "You don't have permission to perform this operation!";

    private static final Set<Operation> READING =
            EnumSet.of(Operation.READ, Operation.READ_ATTRIBUTES, Operation.READ_TELEMETRY);
    private static final Set<Operation> TENANT_OWN =
            EnumSet.of(Operation.READ, Operation.READ_ATTRIBUTES, Operation.READ_TELEMETRY, Operation.DELETE);
    private static final Set<Operation> DEVICE_OF_CUSTOMER = EnumSet.of(
            Operation.READ,
            Operation.WRITE,
            Operation.RPC_CALL,
            Operation.READ_CREDENTIALS,
            Operation.READ_ATTRIBUTES,
            Operation.WRITE_ATTRIBUTES,
            Operation.READ_TELEMETRY,
            Operation.WRITE_TELEMETRY,
            Operation.CLAIM_DEVICES);

    private static final Set<Operation> COMMAND_OF_CUSTOMER = EnumSet.of(Operation.READ, Operation.RPC_CALL);

    private Access() {}

    public enum Operation {
        ALL,
        CREATE,
        READ,
        WRITE,
        DELETE,
        ASSIGN_TO_CUSTOMER,
        UNASSIGN_FROM_CUSTOMER,
        RPC_CALL,
        READ_CREDENTIALS,
        WRITE_CREDENTIALS,
        READ_ATTRIBUTES,
        WRITE_ATTRIBUTES,
        READ_TELEMETRY,
        WRITE_TELEMETRY,
        CLAIM_DEVICES,
        ASSIGN_TO_TENANT,
        READ_CALCULATED_FIELD,
        WRITE_CALCULATED_FIELD
    }

    /** The decision, in two wordings: the JSON error object of most calls, the bare text of RPC and telemetry. */
    public enum Verdict {
        ALLOWED,
        /** There is no such object, or none that the caller may know of. */
        MISSING,
        FORBIDDEN,
        /** The system administrator does not handle devices. */
        SYSTEM_ADMINISTRATOR;

        /**
         * Throws unless allowed, in the words of the JSON error object.
         *
         * @param type as texts name it: {@code Device}, {@code Device profile}
         * @throws Rejected {@code NOT_FOUND} or {@code PERMISSION_DENIED}
         */
        public void orReject(String type, Object id) {
            switch (this) {
                case ALLOWED -> {}
                case MISSING -> throw missing(type, id);
                case FORBIDDEN, SYSTEM_ADMINISTRATOR -> throw forbidden();
            }
        }

        /** The code whose status the bare answer has; {@link #ALLOWED} has none. */
        public ErrorCode code() {
            return switch (this) {
                case ALLOWED -> throw new IllegalStateException("nothing to answer");
                case MISSING -> ErrorCode.NOT_FOUND;
                case FORBIDDEN, SYSTEM_ADMINISTRATOR -> ErrorCode.PERMISSION_DENIED;
            };
        }

        /** The bare text of RPC and telemetry calls (telemetry §A1). */
        public String text(String type) {
            return switch (this) {
                case ALLOWED -> throw new IllegalStateException("nothing to answer");
                case MISSING -> type + " with requested id wasn't found!";
                case FORBIDDEN -> FORBIDDEN_TEXT;
                case SYSTEM_ADMINISTRATOR -> "System administrator is not allowed to perform this operation!";
            };
        }
    }

    /** The refusal of a caller whose role or object does not allow the call. */
    public static Rejected forbidden() {
        return new Rejected(ErrorCode.PERMISSION_DENIED, FORBIDDEN_TEXT);
    }

    /** The answer to an id that names nothing, or nothing that the caller may know of. */
    public static Rejected missing(String type, Object id) {
        return new Rejected(ErrorCode.NOT_FOUND, type + " with id [" + id + "] is not found");
    }

    /** @param device or an asset, of which the same is true; empty when the id names none */
    public static Verdict device(Caller caller, Operation operation, Optional<? extends Assignable> device) {
        if (caller.authority() == Authority.SYS_ADMIN) {
            return Verdict.SYSTEM_ADMINISTRATOR;
        }
        if (device.isEmpty() || !caller.tenant().equals(Optional.of(device.get().tenant()))) {
            return Verdict.MISSING;
        }
        if (caller.authority() == Authority.TENANT_ADMIN) {
            return Verdict.ALLOWED;
        }
        if (operation == Operation.CLAIM_DEVICES) {
            return Verdict.ALLOWED;
        }
        boolean own = caller.customer().isPresent()
                && caller.customer().equals(device.get().customer());
        return allowedIf(own && DEVICE_OF_CUSTOMER.contains(operation));
    }

    public static Verdict device(Caller caller, Operation operation, Assignable device) {
        return device(caller, operation, Optional.of(device));
    }

    /**
     * A persistent command: its tenant's, and among customers theirs who have the device now.
     *
     * @param owner  the tenant of the command
     * @param device empty: it was deleted
     */
    public static Verdict command(Caller caller, Operation operation, TenantId owner, Optional<Device> device) {
        boolean own = caller.tenant().equals(Optional.of(owner));
        return switch (caller.authority()) {
            case SYS_ADMIN -> Verdict.FORBIDDEN;
            case TENANT_ADMIN -> allowedIf(own);
            case CUSTOMER_USER ->
                allowedIf(own
                        && COMMAND_OF_CUSTOMER.contains(operation)
                        && device(caller, operation, device) == Verdict.ALLOWED);
        };
    }

    /** Whether the caller may add devices to its tenant. */
    public static Verdict createDevice(Caller caller) {
        return allowedIf(caller.authority() == Authority.TENANT_ADMIN);
    }

    /** @param owner the tenant of the customer */
    public static Verdict customer(Caller caller, Operation operation, TenantId owner, CustomerId customer) {
        return switch (caller.authority()) {
            case SYS_ADMIN -> Verdict.FORBIDDEN;
            case TENANT_ADMIN -> allowedIf(caller.tenant().equals(Optional.of(owner)));
            case CUSTOMER_USER ->
                allowedIf(caller.tenant().equals(Optional.of(owner))
                        && caller.customer().equals(Optional.of(customer))
                        && READING.contains(operation));
        };
    }

    /** @param owner the tenant of the profile */
    public static Verdict profile(Caller caller, Operation operation, TenantId owner) {
        return switch (caller.authority()) {
            case SYS_ADMIN -> Verdict.FORBIDDEN;
            case TENANT_ADMIN -> allowedIf(caller.tenant().equals(Optional.of(owner)));
            case CUSTOMER_USER -> allowedIf(caller.tenant().equals(Optional.of(owner)) && operation == Operation.READ);
        };
    }

    /** Needs no look whether the tenant exists: to all but the system administrator others are forbidden either way. */
    public static Verdict tenant(Caller caller, Operation operation, TenantId tenant) {
        return switch (caller.authority()) {
            case SYS_ADMIN -> Verdict.ALLOWED;
            case TENANT_ADMIN ->
                allowedIf(caller.tenant().equals(Optional.of(tenant)) && TENANT_OWN.contains(operation));
            case CUSTOMER_USER -> Verdict.FORBIDDEN;
        };
    }

    /** @param user as it is stored, or as it is to be created */
    public static Verdict user(Caller caller, Operation operation, User user) {
        return switch (caller.authority()) {
            case SYS_ADMIN -> allowedIf(user.authority() != Authority.CUSTOMER_USER);
            case TENANT_ADMIN ->
                allowedIf(user.authority() != Authority.SYS_ADMIN
                        && caller.tenant().equals(user.tenant()));
            case CUSTOMER_USER ->
                allowedIf(
                        switch (operation) {
                            case READ ->
                                caller.customer().isPresent()
                                        && user.authority() == Authority.CUSTOMER_USER
                                        && caller.tenant().equals(user.tenant())
                                        && caller.customer().equals(user.customer());
                            case WRITE, READ_ATTRIBUTES, WRITE_ATTRIBUTES, READ_TELEMETRY, WRITE_TELEMETRY ->
                                caller.user().equals(user.id());
                            default -> false;
                        });
        };
    }

    /** Acting as a user is for the administrator above it. */
    public static Verdict actAs(Caller caller, User user) {
        return switch (caller.authority()) {
            case SYS_ADMIN -> allowedIf(user.authority() == Authority.TENANT_ADMIN);
            case TENANT_ADMIN -> user(caller, Operation.WRITE, user);
            case CUSTOMER_USER -> Verdict.FORBIDDEN;
        };
    }

    /** @param owner of the key: keys act as their owners, so customers' users reach their own only */
    public static Verdict apiKey(Caller caller, User owner) {
        return switch (caller.authority()) {
            case SYS_ADMIN, TENANT_ADMIN -> user(caller, Operation.WRITE, owner);
            case CUSTOMER_USER -> allowedIf(caller.user().equals(owner.id()));
        };
    }

    private static Verdict allowedIf(boolean allowed) {
        return allowed ? Verdict.ALLOWED : Verdict.FORBIDDEN;
    }
}
