package io.signalbox.api;

import static io.signalbox.api.Route.CUSTOMER;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.TOO_MANY_REQUESTS;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.POST;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.api.Shape.Kind;
import io.signalbox.audit.AuditAction;
import io.signalbox.config.RateLimit;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.identity.Access;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.identity.RateBuckets;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceService;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.TelemetryService;
import io.vertx.core.buffer.Buffer;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import tools.jackson.core.JacksonException;

/**
 * Customers take devices with the secret that is printed on them (REST API §7). An administrator makes a device claimable by
 * its server attribute {@code claimingData}. Wrong secrets are counted for the user and for the device: who guesses has to wait.
 */
final class ClaimResource implements Resource {
    private static final String CLAIMING_DATA = "claimingData";
    private static final List<String> ATTRIBUTES = List.of(CLAIMING_DATA, "claimingAllowed");

    private static final String CLAIMED = "CLAIMED";
    private static final String FAILURE = "FAILURE";

    private final DeviceService devices;
    private final TelemetryService telemetry;
    private final ChangeAudit audit;
    private final RateLimit guesses;
    private final RateBuckets<UUID> guessers;
    private final InstantSource clock;

    /** @param guesses wrong secrets that a user may give, and that may be given for a device */
    ClaimResource(
            DeviceService devices,
            TelemetryService telemetry,
            ChangeAudit audit,
            RateLimit guesses,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.devices = devices;
        this.telemetry = telemetry;
        this.audit = audit;
        this.guesses = guesses;
        this.guessers = new RateBuckets<>(nanoTime);
        this.clock = clock;
    }

    @Override
    public void routes(RouteTable table) {
        table.raw(POST, "/api/customer/device/:deviceName/claim", CUSTOMER, this::claim);
        table.raw(DELETE, "/api/customer/device/:deviceName/claim", TENANT_AND_CUSTOMER, this::release);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section = DeviceResource.KIND.section(all);
        section.call(POST, "/api/customer/device/:deviceName/claim", "claimDevice", "Takes a device for the customer")
                .notes(
                        "A device is claimable by its server attribute claimingData, {\"secretKey\":\"abc\",\"expirationTime\":"
                                + "1754000000000}, which is used up.")
                .takesJson(Kind.OBJECT, "{\"secretKey\":\"abc\"}")
                .answersJson(Kind.OBJECT, "{\"device\":{},\"response\":\"SUCCESS\"}")
                .fails(
                        400,
                        "\"FAILURE\": the secret is wrong, or its time is over, or the device is not claimable;"
                                + " \"CLAIMED\": it has a customer")
                .fails(NOT_FOUND, "There is no such device")
                .fails(TOO_MANY_REQUESTS, "Too many wrong secrets, by this user or for this device");
        section.call(
                        DELETE,
                        "/api/customer/device/:deviceName/claim",
                        "releaseDevice",
                        "Takes a claimed device from its customer")
                .notes("Nothing happens to one that has none. Users of customers release those of their own.")
                .fails(NOT_FOUND, "There is no such device");
    }

    /** What is kept to claim a device. */
    private record Claim(String text, String secret, long expirationTime) {}

    private Response claim(Exchange exchange) {
        Caller caller = exchange.caller();
        Device device = device(exchange);
        Access.device(caller, Access.Operation.CLAIM_DEVICES, device)
                .orReject(DeviceResource.KIND.type(), device.name());
        String secret = exchange.bytes().length == 0
                ? ""
                : exchange.body().text("secretKey").orElse("");
        ChangeAudit.Change change =
                audit.of(exchange, AuditAction.ASSIGNED_TO_CUSTOMER, DeviceResource.KIND.entityType(), device.uuid());
        change.checked(() -> admitted(caller, device));
        Optional<Claim> claim = kept(device);
        if (claim.isEmpty()) {
            return refused(device.customer().isPresent() ? CLAIMED : FAILURE);
        }
        if (!isRight(claim.get(), secret)) {
            guessers.take(caller.user().uuid(), guesses);
            guessers.take(device.uuid(), guesses);
            change.refused("The secret is wrong, or its time is over");
            return refused(FAILURE);
        }
        if (device.customer().isPresent()) {
            useUp(device);
            return refused(CLAIMED);
        }
        return claimed(change, device, caller.customer().orElseThrow(), claim.get());
    }

    private boolean admitted(Caller caller, Device device) {
        if (!guessers.has(caller.user().uuid(), guesses) || !guessers.has(device.uuid(), guesses)) {
            throw new Rejected(TOO_MANY_REQUESTS, "Too many failed attempts, please try again later");
        }
        return true;
    }

    private boolean isRight(Claim claim, String secret) {
        return MessageDigest.isEqual(secret.getBytes(UTF_8), claim.secret().getBytes(UTF_8))
                && clock.millis() < claim.expirationTime();
    }

    private Response claimed(ChangeAudit.Change change, Device device, CustomerId customer, Claim claim) {
        String title = devices.findCustomer(customer).map(Customer::title).orElse("");
        Device saved;
        try {
            saved = change.committed(
                    Device.class,
                    done -> OwnedResource.owned(done, "assigned", done.customer(), title),
                    () -> devices.claim(device, customer, claim.text()));
        } catch (Rejected e) {
            if (e.code() != ErrorCode.VERSION_CONFLICT) {
                throw e;
            }
            return refused(CLAIMED); // somebody else was faster
        }
        useUp(saved);
        return Response.json(json -> {
            json.writeStartObject();
            json.writeName("device");
            DeviceJson.write(json, saved);
            json.writeStringProperty("response", "SUCCESS");
            json.writeEndObject();
        });
    }

    private void useUp(Device device) {
        Stages.await(telemetry.deleteAttributes(device, Scope.SERVER_SCOPE, ATTRIBUTES));
    }

    private Optional<Claim> kept(Device device) {
        List<Reading> found = Stages.await(telemetry.attributes(device, Scope.SERVER_SCOPE, List.of(CLAIMING_DATA)));
        return found.isEmpty() || !(found.getFirst().value() instanceof Value.Json(String text))
                ? Optional.empty()
                : read(text);
    }

    /** Empty: it was not written for this. */
    private static Optional<Claim> read(String text) {
        try {
            Body data = Body.of(Json.read(text));
            return data.whole("expirationTime")
                    .map(time -> new Claim(text, data.text("secretKey").orElse(""), time));
        } catch (JacksonException | Rejected e) {
            return Optional.empty();
        }
    }

    private Response release(Exchange exchange) {
        Device device = device(exchange);
        Caller caller = exchange.caller();
        if (device.customer().isEmpty()) {
            return Response.empty();
        }
        ChangeAudit.Change change = audit.of(
                exchange, AuditAction.UNASSIGNED_FROM_CUSTOMER, DeviceResource.KIND.entityType(), device.uuid());
        CustomerId owner = device.customer().get();
        String title = devices.findCustomer(owner).map(Customer::title).orElse("");
        return change.committed(
                Device.class, done -> OwnedResource.owned(done, "unassigned", Optional.of(owner), title), () -> {
                    boolean isOwn = caller.authority() == Authority.TENANT_ADMIN
                            || caller.customer().equals(device.customer());
                    if (!isOwn) {
                        throw Access.forbidden();
                    }
                    devices.unassign(device.tenant(), device.id(), owner);
                    return Response.empty();
                });
    }

    private Device device(Exchange exchange) {
        return devices.deviceByName(OwnedResource.tenant(exchange.caller()), exchange.path("deviceName"));
    }

    /** The reference answers with a JSON string. */
    private static Response refused(String word) {
        return new Response(400, "application/json", Buffer.buffer("\"" + word + "\""), Map.of());
    }
}
