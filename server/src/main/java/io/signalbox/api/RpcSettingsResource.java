package io.signalbox.api;

import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.PUT;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceService;
import io.signalbox.rpc.RpcSettings;
import io.signalbox.rpc.RpcSettingsService;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.core.JsonGenerator;

/**
 * How commands go out to a device or to those of a profile, apart from the device and the profile: clients that save those
 * drop members that they do not know. Callers have a tenant.
 */
final class RpcSettingsResource implements Resource {
    private static final Set<String> MEMBERS =
            Set.of("submitStrategy", "inFlightMax", "redeliver", "mask", "effective");

    private static final String OF_DEVICE = "/api/device/:deviceId/rpcSettings";
    private static final String OF_PROFILE = "/api/deviceProfile/:deviceProfileId/rpcSettings";

    private final DeviceService devices;
    private final RpcSettingsService settings;

    RpcSettingsResource(DeviceService devices, RpcSettingsService settings) {
        this.devices = devices;
        this.settings = settings;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, OF_DEVICE, TENANT_AND_CUSTOMER, this::ofDevice);
        table.json(PUT, OF_DEVICE, TENANT, this::setOfDevice);
        table.json(DELETE, OF_DEVICE, TENANT, this::clearOfDevice);
        table.json(GET, OF_PROFILE, TENANT, this::ofProfile);
        table.json(PUT, OF_PROFILE, TENANT, this::setOfProfile);
        table.json(DELETE, OF_PROFILE, TENANT, this::clearOfProfile);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section settings = all.section(
                "Delivery of commands", "In which order, how many at a time, and what the audit log does not keep");
        String what = "What is absent or null in a PUT is inherited: a device has it from its profile, a profile from"
                + " the server. It counts at once, also for connected devices; commands that a device has already stay"
                + " there. The answer has what is set here, and in effective what counts and who says so.";
        for (boolean isDevice : List.of(true, false)) {
            String path = isDevice ? OF_DEVICE : OF_PROFILE;
            String name = isDevice ? "DeviceRpcSettings" : "ProfileRpcSettings";
            String owner = isDevice ? "a device" : "the devices of a profile";
            String missing = isDevice ? NO_DEVICE : "There is no such device profile";
            settings.call(GET, path, "read" + name, "Reads how commands go out to " + owner)
                    .answers(Shapes.RPC_SETTINGS)
                    .fails(NOT_FOUND, missing);
            settings.call(PUT, path, "save" + name, "Sets how commands go out to " + owner)
                    .notes(what)
                    .takes(Shapes.RPC_SETTINGS, "{\"inFlightMax\":1,\"mask\":[\"password\"]}")
                    .answers(Shapes.RPC_SETTINGS)
                    .fails(BAD_REQUEST, "A member is unknown or has a wrong value; the message names it")
                    .fails(NOT_FOUND, missing);
            settings.call(DELETE, path, "clear" + name, "Inherits again how commands go out to " + owner)
                    .fails(NOT_FOUND, missing);
        }
    }

    Response ofDevice(Exchange exchange) {
        return json(device(exchange, Access.Operation.READ));
    }

    Response setOfDevice(Exchange exchange) {
        Device device = device(exchange, Access.Operation.WRITE);
        settings.set(device, read(exchange.body()));
        return json(device);
    }

    Response clearOfDevice(Exchange exchange) {
        settings.set(device(exchange, Access.Operation.WRITE), RpcSettings.NONE);
        return Response.empty();
    }

    Response ofProfile(Exchange exchange) {
        return json(profile(exchange));
    }

    Response setOfProfile(Exchange exchange) {
        DeviceProfileId profile = profile(exchange);
        settings.set(profile, read(exchange.body()));
        return json(profile);
    }

    Response clearOfProfile(Exchange exchange) {
        settings.set(profile(exchange), RpcSettings.NONE);
        return Response.empty();
    }

    private Device device(Exchange exchange, Access.Operation operation) {
        Caller caller = exchange.caller();
        Device device = devices.device(tenant(caller), new DeviceId(exchange.uuid("deviceId")));
        Access.device(caller, operation, device).orReject("Device", device.id());
        return device;
    }

    private DeviceProfileId profile(Exchange exchange) {
        DeviceProfileId id = new DeviceProfileId(exchange.uuid("deviceProfileId"));
        return devices.deviceProfile(tenant(exchange.caller()), id).id();
    }

    private static TenantId tenant(Caller caller) {
        return caller.tenant().orElseThrow(Access::forbidden);
    }

    // ------------------------------------------------------------------------------------------------ reading

    private static RpcSettings read(Body body) {
        body.otherThan(MEMBERS).ifPresent(name -> {
            throw wrong(name, "is not known; there are submitStrategy, inFlightMax, redeliver and mask");
        });
        return new RpcSettings(
                body.value("submitStrategy").map(RpcSettingsResource::strategy),
                body.value("inFlightMax").map(RpcSettingsResource::inFlightMax).orElse(OptionalInt.empty()),
                body.value("redeliver").map(RpcSettingsResource::redeliver),
                body.value("mask").map(RpcSettingsResource::mask));
    }

    private static SubmitStrategy strategy(Node value) {
        for (SubmitStrategy strategy : SubmitStrategy.values()) {
            if (value instanceof Node.Text(String name) && strategy.name().equals(name)) {
                return strategy;
            }
        }
        throw wrong("submitStrategy", "must be one of " + List.of(SubmitStrategy.values()));
    }

    private static OptionalInt inFlightMax(Node value) {
        if (value instanceof Node.Numeral(String literal) && literal.length() <= 5) {
            try {
                int number = Integer.parseInt(literal);
                if (number >= 0 && number <= RpcSettings.IN_FLIGHT_MAX) {
                    return OptionalInt.of(number);
                }
            } catch (NumberFormatException e) {
                // told below
            }
        }
        throw wrong("inFlightMax", "must be an integer from 1 to " + RpcSettings.IN_FLIGHT_MAX + ", or 0 for no limit");
    }

    private static boolean redeliver(Node value) {
        if (value instanceof Node.Flag(boolean flag)) {
            return flag;
        }
        throw wrong("redeliver", "must be true or false");
    }

    private static List<String> mask(Node value) {
        if (!(value instanceof Node.Items(List<Node> items)) || items.size() > RpcSettings.MASK_NAMES_MAX) {
            throw wrong("mask", "must be a list of at most " + RpcSettings.MASK_NAMES_MAX + " names");
        }
        Set<String> names = new LinkedHashSet<>();
        for (Node item : items) {
            if (!(item instanceof Node.Text(String name)) || !isName(name)) {
                throw wrong(
                        "mask",
                        "must have names of 1 to " + RpcSettings.MASK_NAME_CHARS_MAX
                                + " characters, without control characters");
            }
            names.add(name);
        }
        return List.copyOf(names);
    }

    private static boolean isName(String name) {
        return !name.isBlank()
                && name.length() <= RpcSettings.MASK_NAME_CHARS_MAX
                && name.chars().noneMatch(Character::isISOControl);
    }

    private static Rejected wrong(String member, String why) {
        return new Rejected(ErrorCode.BAD_REQUEST, "Member '" + member + "' " + why);
    }

    // ------------------------------------------------------------------------------------------------ writing

    private Response json(Device device) {
        RpcSettings.OfDevice set = settings.of(device);
        return json(set.own(), new Sources(Optional.of(set.own()), set.ofProfile()));
    }

    private Response json(DeviceProfileId profile) {
        RpcSettings own = settings.of(profile);
        return json(own, new Sources(Optional.empty(), own));
    }

    /** @param device empty: there is none */
    private record Sources(Optional<RpcSettings> device, RpcSettings profile) {
        RpcSettings effective() {
            return device.map(own -> own.over(profile)).orElse(profile);
        }

        String of(Function<RpcSettings, Boolean> says) {
            if (device.map(says).orElse(false)) {
                return "DEVICE";
            }
            return says.apply(profile) ? "PROFILE" : "SERVER";
        }
    }

    private Response json(RpcSettings own, Sources sources) {
        RpcSettings all = sources.effective();
        Set<String> masked = new LinkedHashSet<>(settings.defaults().mask());
        all.mask().ifPresent(masked::addAll);
        return Response.json(json -> {
            json.writeStartObject();
            Json.writeText(json, "submitStrategy", own.submitStrategy().map(Enum::name));
            writeWhole(json, own.inFlightMax());
            Json.writeRaw(json, "redeliver", own.redeliver().map(String::valueOf));
            own.mask().ifPresentOrElse(names -> writeNames(json, "mask", names), () -> json.writeNullProperty("mask"));
            json.writeObjectPropertyStart("effective");
            writeEffective(
                    json,
                    "submitStrategy",
                    sources.of(s -> s.submitStrategy().isPresent()),
                    value -> value.writeStringProperty(
                            "value",
                            all.submitStrategy()
                                    .orElse(settings.defaults().submitStrategy())
                                    .name()));
            writeEffective(
                    json,
                    "inFlightMax",
                    sources.of(s -> s.inFlightMax().isPresent()),
                    value ->
                            value.writeNumberProperty("value", all.inFlightMax().orElse(0)));
            writeEffective(
                    json,
                    "redeliver",
                    sources.of(s -> s.redeliver().isPresent()),
                    value -> value.writeBooleanProperty("value", all.redeliver().orElse(true)));
            writeEffective(
                    json, "mask", sources.of(s -> s.mask().isPresent()), value -> writeNames(value, "value", masked));
            json.writeEndObject();
            json.writeEndObject();
        });
    }

    private static void writeWhole(JsonGenerator json, OptionalInt number) {
        if (number.isPresent()) {
            json.writeNumberProperty("inFlightMax", number.getAsInt());
        } else {
            json.writeNullProperty("inFlightMax");
        }
    }

    private static void writeNames(JsonGenerator json, String member, Iterable<String> names) {
        json.writeArrayPropertyStart(member);
        names.forEach(json::writeString);
        json.writeEndArray();
    }

    private static void writeEffective(
            JsonGenerator json, String member, String from, Consumer<JsonGenerator> writeValue) {
        json.writeObjectPropertyStart(member);
        writeValue.accept(json);
        json.writeStringProperty("from", from);
        json.writeEndObject();
    }
}
