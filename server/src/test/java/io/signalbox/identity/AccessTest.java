package io.signalbox.identity;

import static io.signalbox.identity.Access.Verdict.ALLOWED;
import static io.signalbox.identity.Access.Verdict.FORBIDDEN;
import static io.signalbox.identity.Access.Verdict.MISSING;
import static io.signalbox.identity.Access.Verdict.SYSTEM_ADMINISTRATOR;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.identity.Access.Operation;
import io.signalbox.identity.Access.Verdict;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Authentication §13.1, row by row. */
class AccessTest {
    private static final Set<Operation> OWN_SELF = EnumSet.of(
            Operation.READ,
            Operation.WRITE,
            Operation.READ_ATTRIBUTES,
            Operation.WRITE_ATTRIBUTES,
            Operation.READ_TELEMETRY,
            Operation.WRITE_TELEMETRY);

    private static final TenantId TENANT = new TenantId(UUID.randomUUID());
    private static final TenantId OTHER_TENANT = new TenantId(UUID.randomUUID());
    private static final CustomerId CUSTOMER = new CustomerId(UUID.randomUUID());
    private static final CustomerId OTHER_CUSTOMER = new CustomerId(UUID.randomUUID());

    private static final User SYSTEM = user(Authority.SYS_ADMIN, Optional.empty(), Optional.empty());
    private static final User ADMIN = user(Authority.TENANT_ADMIN, Optional.of(TENANT), Optional.empty());
    private static final User OTHER_ADMIN = user(Authority.TENANT_ADMIN, Optional.of(OTHER_TENANT), Optional.empty());
    private static final User GUEST = user(Authority.CUSTOMER_USER, Optional.of(TENANT), Optional.of(CUSTOMER));
    private static final User COLLEAGUE = user(Authority.CUSTOMER_USER, Optional.of(TENANT), Optional.of(CUSTOMER));
    private static final User STRANGER =
            user(Authority.CUSTOMER_USER, Optional.of(TENANT), Optional.of(OTHER_CUSTOMER));

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
    private static final Set<Operation> READING =
            EnumSet.of(Operation.READ, Operation.READ_ATTRIBUTES, Operation.READ_TELEMETRY);

    @ParameterizedTest
    @EnumSource(Operation.class)
    void device(Operation operation) {
        Device own = device(TENANT, Optional.of(CUSTOMER));
        Device of = device(TENANT, Optional.of(OTHER_CUSTOMER));
        Device unassigned = device(TENANT, Optional.empty());
        Device foreign = device(OTHER_TENANT, Optional.of(CUSTOMER));
        for (Device device : new Device[] {own, of, unassigned, foreign}) {
            assertThat(Access.device(caller(SYSTEM), operation, device)).isEqualTo(SYSTEM_ADMINISTRATOR);
        }
        assertThat(Access.device(caller(SYSTEM), operation, Optional.empty())).isEqualTo(SYSTEM_ADMINISTRATOR);
        assertThat(Access.device(caller(ADMIN), operation, own)).isEqualTo(ALLOWED);
        assertThat(Access.device(caller(ADMIN), operation, unassigned)).isEqualTo(ALLOWED);
        assertThat(Access.device(caller(ADMIN), operation, foreign)).isEqualTo(MISSING);
        assertThat(Access.device(caller(ADMIN), operation, Optional.empty())).isEqualTo(MISSING);
        assertThat(Access.device(caller(GUEST), operation, own))
                .isEqualTo(DEVICE_OF_CUSTOMER.contains(operation) ? ALLOWED : FORBIDDEN);
        Verdict others = operation == Operation.CLAIM_DEVICES ? ALLOWED : FORBIDDEN;
        assertThat(Access.device(caller(GUEST), operation, of)).isEqualTo(others);
        assertThat(Access.device(caller(GUEST), operation, unassigned)).isEqualTo(others);
        assertThat(Access.device(caller(GUEST), operation, foreign)).isEqualTo(MISSING);
        assertThat(Access.device(caller(GUEST), operation, Optional.empty())).isEqualTo(MISSING);
    }

    @ParameterizedTest
    @EnumSource(Operation.class)
    void command(Operation operation) {
        Optional<Device> own = Optional.of(device(TENANT, Optional.of(CUSTOMER)));
        Optional<Device> of = Optional.of(device(TENANT, Optional.of(OTHER_CUSTOMER)));
        Optional<Device> unassigned = Optional.of(device(TENANT, Optional.empty()));
        Optional<Device> foreign = Optional.of(device(OTHER_TENANT, Optional.of(CUSTOMER)));
        Optional<Device> deleted = Optional.empty();
        for (Optional<Device> device : List.of(own, of, unassigned, foreign, deleted)) {
            assertThat(Access.command(caller(SYSTEM), operation, TENANT, device))
                    .isEqualTo(FORBIDDEN);
            assertThat(Access.command(caller(ADMIN), operation, TENANT, device)).isEqualTo(ALLOWED);
            assertThat(Access.command(caller(ADMIN), operation, OTHER_TENANT, device))
                    .isEqualTo(FORBIDDEN);
            assertThat(Access.command(caller(GUEST), operation, OTHER_TENANT, device))
                    .isEqualTo(FORBIDDEN);
        }
        boolean isForCustomers = operation == Operation.READ || operation == Operation.RPC_CALL;
        assertThat(Access.command(caller(GUEST), operation, TENANT, own))
                .isEqualTo(isForCustomers ? ALLOWED : FORBIDDEN);
        for (Optional<Device> device : List.of(of, unassigned, foreign, deleted)) {
            assertThat(Access.command(caller(GUEST), operation, TENANT, device)).isEqualTo(FORBIDDEN);
        }
    }

    @ParameterizedTest
    @EnumSource(Operation.class)
    void customer(Operation operation) {
        assertThat(Access.customer(caller(SYSTEM), operation, TENANT, CUSTOMER)).isEqualTo(FORBIDDEN);
        assertThat(Access.customer(caller(ADMIN), operation, TENANT, CUSTOMER)).isEqualTo(ALLOWED);
        assertThat(Access.customer(caller(ADMIN), operation, OTHER_TENANT, CUSTOMER))
                .isEqualTo(FORBIDDEN);
        assertThat(Access.customer(caller(GUEST), operation, TENANT, CUSTOMER))
                .isEqualTo(READING.contains(operation) ? ALLOWED : FORBIDDEN);
        assertThat(Access.customer(caller(GUEST), operation, TENANT, OTHER_CUSTOMER))
                .isEqualTo(FORBIDDEN);
        assertThat(Access.customer(caller(GUEST), operation, OTHER_TENANT, CUSTOMER))
                .isEqualTo(FORBIDDEN);
    }

    @ParameterizedTest
    @EnumSource(Operation.class)
    void profile(Operation operation) {
        assertThat(Access.profile(caller(SYSTEM), operation, TENANT)).isEqualTo(FORBIDDEN);
        assertThat(Access.profile(caller(ADMIN), operation, TENANT)).isEqualTo(ALLOWED);
        assertThat(Access.profile(caller(ADMIN), operation, OTHER_TENANT)).isEqualTo(FORBIDDEN);
        assertThat(Access.profile(caller(GUEST), operation, TENANT))
                .isEqualTo(operation == Operation.READ ? ALLOWED : FORBIDDEN);
        assertThat(Access.profile(caller(GUEST), operation, OTHER_TENANT)).isEqualTo(FORBIDDEN);
    }

    @ParameterizedTest
    @EnumSource(Operation.class)
    void tenant(Operation operation) {
        assertThat(Access.tenant(caller(SYSTEM), operation, TENANT)).isEqualTo(ALLOWED);
        boolean own = READING.contains(operation) || operation == Operation.DELETE;
        assertThat(Access.tenant(caller(ADMIN), operation, TENANT)).isEqualTo(own ? ALLOWED : FORBIDDEN);
        assertThat(Access.tenant(caller(ADMIN), operation, OTHER_TENANT)).isEqualTo(FORBIDDEN);
        assertThat(Access.tenant(caller(GUEST), operation, TENANT)).isEqualTo(FORBIDDEN);
    }

    @ParameterizedTest
    @EnumSource(Operation.class)
    void user(Operation operation) {
        assertThat(Access.user(caller(SYSTEM), operation, SYSTEM)).isEqualTo(ALLOWED);
        assertThat(Access.user(caller(SYSTEM), operation, ADMIN)).isEqualTo(ALLOWED);
        assertThat(Access.user(caller(SYSTEM), operation, GUEST)).isEqualTo(FORBIDDEN);
        assertThat(Access.user(caller(ADMIN), operation, SYSTEM)).isEqualTo(FORBIDDEN);
        assertThat(Access.user(caller(ADMIN), operation, ADMIN)).isEqualTo(ALLOWED);
        assertThat(Access.user(caller(ADMIN), operation, GUEST)).isEqualTo(ALLOWED);
        assertThat(Access.user(caller(ADMIN), operation, OTHER_ADMIN)).isEqualTo(FORBIDDEN);
        assertThat(Access.user(caller(GUEST), operation, GUEST))
                .isEqualTo(OWN_SELF.contains(operation) ? ALLOWED : FORBIDDEN);
        assertThat(Access.user(caller(GUEST), operation, COLLEAGUE))
                .isEqualTo(operation == Operation.READ ? ALLOWED : FORBIDDEN);
        for (User user : new User[] {SYSTEM, ADMIN, OTHER_ADMIN, STRANGER}) {
            assertThat(Access.user(caller(GUEST), operation, user)).isEqualTo(FORBIDDEN);
        }
    }

    private static Device device(TenantId tenant, Optional<CustomerId> customer) {
        return new Device(
                1,
                new DeviceId(UUID.randomUUID()),
                1,
                tenant,
                customer,
                "name",
                "default",
                Optional.empty(),
                new DeviceProfileId(UUID.randomUUID()),
                "{}",
                Optional.empty(),
                1);
    }

    private static User user(Authority authority, Optional<TenantId> tenant, Optional<CustomerId> customer) {
        return new User(
                new UserId(UUID.randomUUID()),
                1,
                "a@b.org",
                authority,
                tenant,
                customer,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1);
    }

    private static Caller caller(User user) {
        return new Caller(user.id(), user.email(), user.authority(), user.tenant(), user.customer());
    }
}
