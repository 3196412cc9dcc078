package io.signalbox.api;

import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.TOO_MANY_REQUESTS;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.PersistentRpcs;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore.Change;
import io.signalbox.rpc.RpcStore.Found;
import io.signalbox.rpc.RpcStore.Listing;
import io.signalbox.rpc.RpcStore.Query;
import io.signalbox.rpc.RpcStore.Sort;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Persistent commands: read, searched, cancelled, deleted (server-side RPC §7). Callers have a tenant.
 *
 * <p>A deleted command is as missing, unless the caller asks for deleted ones too.
 */
final class RpcResource implements Resource {
    private static final String TYPE = "Rpc";
    /** A call holds its records in memory. */
    private static final int LISTED_MAX = 10_000;

    private static final int FOUND_DEFAULT = 50;
    private static final int FOUND_MAX = 1_000;

    private final PersistentRpcs rpcs;
    private final DeviceDirectory devices;

    RpcResource(PersistentRpcs rpcs, DeviceDirectory devices) {
        this.rpcs = rpcs;
        this.devices = devices;
    }

    @Override
    public void routes(RouteTable table) {
        String path = "/api/rpc/persistent";
        table.json(GET, path, TENANT_AND_CUSTOMER, this::search);
        table.raw(GET, path + "/device/:deviceId", TENANT_AND_CUSTOMER, this::ofDevice);
        table.json(GET, path + "/:rpcId", TENANT_AND_CUSTOMER, this::read);
        table.json(DELETE, path + "/:rpcId", TENANT, this::delete);
        table.json(GET, path + "/:rpcId/history", TENANT_AND_CUSTOMER, this::history);
        table.raw(POST, path + "/:rpcId/cancel", TENANT_AND_CUSTOMER, this::cancel);
        table.plain(RpcProblem.PAGE, RpcProblem::page);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section stored =
                all.section("Persistent commands", "Commands that are on disk, and what became of them");
        String path = "/api/rpc/persistent";
        String missing = "There is no such command";
        stored.call(GET, path, "searchCommands", "Finds commands of the tenant, newest first")
                .notes(
                        "Pages neither skip nor repeat while commands change. Customer users see those of their devices.")
                .query("deviceId", Kind.UUID, "<deviceId>", "Of one device")
                .query("deviceProfileId", Kind.UUID, "", "Of all devices of a kind")
                .query("method", Kind.TEXT, "", "Exactly")
                .query("status", Kind.TEXT, "", "States, with commas")
                .query("startTime", Kind.WHOLE, "", "Accepted at or after, epoch milliseconds")
                .query("endTime", Kind.WHOLE, "", "Accepted before")
                .query("caller", Kind.TEXT, "", "E-mail address of who called")
                .query("text", Kind.TEXT, "", "Start of the method, or an identifier")
                .query("idempotencyKey", Kind.TEXT, "", "Of the call that made it")
                .query("includeDeleted", Kind.FLAG, "", "Also what is left of deleted ones")
                .query("pageSize", Kind.WHOLE, "10", "At most 1,000; 50 when absent")
                .query("cursor", Kind.TEXT, "", "The nextCursor of the page before")
                .answersJson(Kind.OBJECT, "{\"data\":[],\"nextCursor\":null}");
        stored.call(GET, path + "/device/:deviceId", "commandsOfDevice", "Lists the commands of a device")
                .query("rpcStatus", Kind.TEXT, "", "One state")
                .answersPage(Shapes.RPC)
                .fails(404, NO_DEVICE);
        stored.call(GET, path + "/:rpcId", "readCommand", "Reads a command")
                .answers(Shapes.RPC)
                .fails(NOT_FOUND, missing);
        stored.call(DELETE, path + "/:rpcId", "deleteCommand", "Erases a command but for its history")
                .notes("An open one is not sent any more; what was sent may have run.")
                .fails(NOT_FOUND, missing);
        stored.call(GET, path + "/:rpcId/history", "commandHistory", "Reads how a command came to its state")
                .query("includeDeleted", Kind.FLAG, "", "Also of a deleted one")
                .answers(Shapes.RPC_HISTORY)
                .fails(NOT_FOUND, missing);
        String stream =
                "Server-sent events, one for each entry of the history: first those that are there, then each as it is"
                        + " committed. An id is the number of the command and that of the entry, counted from 1; with the"
                        + " header Last-Event-ID the stream goes on behind it. Every 15 seconds there is a comment. The"
                        + " stream ends with the time of the token.";
        String transition =
                "id: 7-1\nevent: transition\ndata: {\"rpcId\":\"…\",\"deviceId\":\"…\",\"ts\":1753999990000,"
                        + "\"cause\":\"accepted\",\"status\":\"QUEUED\",\"attempt\":0,\"generation\":0,\"open\":true}\n\n";
        stored.call(GET, path + "/:rpcId/events", "followCommand", "Follows a command until it ends")
                .by(TENANT_AND_CUSTOMER)
                .notes(stream
                        + " The last event is end, or gone when the command was deleted. With late=true the stream goes"
                        + " on behind the end, with answers that come too late. They are in the history, so without it a"
                        + " stream that is opened later tells them, too.")
                .query("late", Kind.FLAG, "", "true: goes on behind the end of the command")
                .answersText("text/event-stream", transition)
                .fails(NOT_FOUND, missing)
                .fails(TOO_MANY_REQUESTS, "Too many streams");
        stored.call(GET, path + "/device/:deviceId/events", "followDevice", "Follows all commands of a device")
                .by(TENANT_AND_CUSTOMER)
                .notes(stream
                        + " A new stream begins with the open commands. One that goes on looks at the newest 1,000:"
                        + " the event gap says that changes of older ones may be missing, and entries of the second"
                        + " before the last may come again under the same id. The event gone says that the device was"
                        + " deleted.")
                .answersText("text/event-stream", transition)
                .fails(404, NO_DEVICE)
                .fails(TOO_MANY_REQUESTS, "Too many streams");
        stored.call(POST, path + "/:rpcId/cancel", "cancelCommand", "Takes a command back that was not sent")
                .answers(Shapes.RPC)
                .fails(NOT_FOUND, missing)
                .fails(409, "It was sent already, and the device may run it; or it had ended");
    }

    Response read(Exchange exchange) {
        RpcRecord rpc = allowed(exchange, Access.Operation.READ, false);
        return record(rpc);
    }

    Response history(Exchange exchange) {
        RpcRecord rpc = allowed(exchange, Access.Operation.READ, exchange.flag("includeDeleted", false));
        return Response.json(json -> RpcJson.writeHistory(json, rpc));
    }

    Response delete(Exchange exchange) {
        UUID id = allowed(exchange, Access.Operation.DELETE, false).order().id();
        return switch (rpcs.delete(id, exchange.caller().email())) {
            case Change.Done _ -> Response.empty();
            case Change.AlreadySent(RpcRecord rpc) -> throw alreadySent(rpc);
            case Change.AlreadyEnded _, Change.Missing _ -> throw Access.missing(TYPE, id); // deleted meanwhile
        };
    }

    Response cancel(Exchange exchange) {
        UUID id = allowed(exchange, Access.Operation.RPC_CALL, false).order().id();
        return switch (rpcs.cancel(id, exchange.caller().email())) {
            case Change.Done(RpcRecord after) -> record(after);
            case Change.AlreadySent(RpcRecord rpc) -> throw alreadySent(rpc);
            case Change.AlreadyEnded(RpcRecord rpc) -> throw alreadyEnded(rpc);
            case Change.Missing() -> throw Access.missing(TYPE, id);
        };
    }

    private static Response record(RpcRecord rpc) {
        return Response.json(json -> RpcJson.writeRecord(json, rpc));
    }

    /** The command in the path, if the caller may do this with it. */
    private RpcRecord allowed(Exchange exchange, Access.Operation operation, boolean alsoDeleted) {
        UUID id = exchange.uuid("rpcId");
        RpcRecord rpc = rpcs.find(id)
                .filter(found -> alsoDeleted || found.progress().status() != RpcStatus.DELETED)
                .orElseThrow(() -> Access.missing(TYPE, id));
        Optional<Device> device = Stages.await(devices.find(rpc.order().deviceId()));
        Access.command(exchange.caller(), operation, rpc.order().tenant(), device)
                .orReject(TYPE, id);
        return rpc;
    }

    private static Rejected alreadySent(RpcRecord rpc) {
        RpcProgress progress = rpc.progress();
        int attempts = progress.attempt();
        long last = progress.history().stream()
                .filter(entry -> entry.attempt() == attempts) // the first of them began it
                .mapToLong(HistoryEntry::ts)
                .min()
                .orElse(progress.history().getLast().ts());
        String text = attempts == 1
                ? " was already sent at " + Instant.ofEpochMilli(last) + ", in 1 attempt. The device may run it."
                : " was already sent, in " + attempts + " attempts, the last at " + Instant.ofEpochMilli(last)
                        + ". The device may run it.";
        return new Rejected(
                ErrorCode.ALREADY_SENT, TYPE + " with id [" + rpc.order().id() + "]" + text);
    }

    private static Rejected alreadyEnded(RpcRecord rpc) {
        RpcStatus status = rpc.progress().status();
        if (status == RpcStatus.DELETED) {
            return Access.missing(TYPE, rpc.order().id());
        }
        return new Rejected(
                ErrorCode.ALREADY_ENDED, TYPE + " with id [" + rpc.order().id() + "] has already ended: " + status);
    }

    /** Commands of one device, in pages as older clients ask for them. Refusals that concern the device are bare text. */
    Response ofDevice(Exchange exchange) {
        DeviceId id = new DeviceId(exchange.uuid("deviceId"));
        Paging paging = Paging.of(exchange);
        Sort sort = sort(paging.sortProperty().orElse("id"));
        Optional<RpcStatus> status = given(exchange, "rpcStatus").map(RpcResource::listedStatus);
        Optional<Device> device = Stages.await(devices.find(id));
        Access.Verdict verdict = Access.device(exchange.caller(), Access.Operation.RPC_CALL, device);
        if (verdict != Access.Verdict.ALLOWED) {
            return Response.text(verdict.code().httpStatus(), verdict.text("Device"));
        }
        Listing listing = rpcs.list(
                device.orElseThrow().number(),
                status,
                sort,
                paging.ascending(),
                paging.page(),
                Math.min(paging.pageSize(), LISTED_MAX));
        if (paging.pageSize() > LISTED_MAX && listing.total() > LISTED_MAX) {
            throw bad("More than " + LISTED_MAX + " commands. Please reduce the page size.");
        }
        return paging.answer(listing.records(), listing.total(), RpcJson::writeRecord);
    }

    private static Sort sort(String property) {
        return switch (property) {
            case "id", "request", "response" -> Sort.ID; // nobody can want long texts in order
            case "createdTime" -> Sort.CREATED_TIME;
            case "expirationTime" -> Sort.EXPIRATION_TIME;
            case "status" -> Sort.STATUS;
            default -> throw bad("Unknown sort property '" + property + "'");
        };
    }

    /** A status that older clients know; deleted commands are in no list. */
    private static RpcStatus listedStatus(String text) {
        RpcStatus status = status("rpcStatus", text);
        return switch (status) {
            case QUEUED, SENT, DELIVERED, TIMEOUT, SUCCESSFUL, FAILED, EXPIRED -> status;
            case CANCELLED, SUPERSEDED, DELETED -> throw bad("RpcStatus: " + status);
        };
    }

    /** Commands of the tenant, of a customer's user those of the customer's devices: newest first, page by page. */
    Response search(Exchange exchange) {
        Query query = query(exchange);
        long pageSize = exchange.whole("pageSize").orElse((long) FOUND_DEFAULT);
        if (pageSize < 1 || pageSize > FOUND_MAX) {
            throw bad("Parameter 'pageSize' must be from 1 to " + FOUND_MAX);
        }
        Optional<Long> before =
                given(exchange, "cursor").map(text -> Cursor.parse(text).number());
        Found found = rpcs.search(query, before, (int) pageSize);
        return Response.json(json -> {
            json.writeStartObject();
            json.writeArrayPropertyStart("data");
            found.records().forEach(rpc -> RpcJson.writeWithState(json, rpc));
            json.writeEndArray();
            Json.writeText(json, "nextCursor", found.next().map(number -> new Cursor(number).text()));
            json.writeEndObject();
        });
    }

    private Query query(Exchange exchange) {
        Caller caller = exchange.caller();
        Set<RpcStatus> states = states(exchange);
        return new Query(
                DeviceResource.tenant(caller),
                customer(caller),
                given(exchange, "deviceId").map(Body::uuid).map(id -> device(caller, new DeviceId(id))),
                given(exchange, "deviceProfileId").map(Body::uuid),
                given(exchange, "method"),
                Set.copyOf(states),
                exchange.whole("startTime"),
                exchange.whole("endTime"),
                given(exchange, "caller"),
                given(exchange, "text"),
                given(exchange, "idempotencyKey"),
                exchange.flag("includeDeleted", false) || states.contains(RpcStatus.DELETED));
    }

    /** A customer's user without a customer sees nothing, rather than everything. */
    static Optional<CustomerId> customer(Caller caller) {
        return caller.authority() == Authority.CUSTOMER_USER
                ? Optional.of(caller.customer().orElseThrow(Access::forbidden))
                : Optional.empty();
    }

    private long device(Caller caller, DeviceId id) {
        Optional<Device> device = Stages.await(devices.find(id));
        Access.device(caller, Access.Operation.READ, device).orReject("Device", id);
        return device.orElseThrow().number();
    }

    /** Each word stands for itself here: {@code FAILED} finds no command that was cancelled. */
    private static Set<RpcStatus> states(Exchange exchange) {
        Set<RpcStatus> states = EnumSet.noneOf(RpcStatus.class);
        given(exchange, "status").map(list -> List.of(list.split(",", -1))).orElse(List.of()).stream()
                .map(name -> status("status", name.strip()))
                .forEach(states::add);
        return states;
    }

    private static RpcStatus status(String parameter, String text) {
        try {
            return RpcStatus.valueOf(text);
        } catch (IllegalArgumentException e) {
            throw bad("Parameter '" + parameter + "' must be one of " + Arrays.toString(RpcStatus.values()) + ": "
                    + text);
        }
    }

    /** A query parameter; what is empty counts as absent, as forms send it. */
    private static Optional<String> given(Exchange exchange, String name) {
        return exchange.query(name).filter(value -> !value.isEmpty());
    }

    private static Rejected bad(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }
}
