package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.Device;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.telemetry.Scope;
import io.signalbox.testing.Race;
import io.signalbox.testing.TestSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Sockets over stores that are slow, that fail, and that tell of commits out of order. */
@Timeout(60)
class SocketsIT {
    private static final long T = 1_700_000_000_000L;
    private static final String NOT_FETCHED = "Failed to fetch data!";

    private ApiServer server;
    private String tenant;

    @BeforeEach
    void start(@TempDir Path folder) {
        server = new ApiServer(folder);
        tenant = server.login("tenant@thingsboard.org", "tenant");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    // ---------------------------------------------------------------------------------------------- the older form

    @Test
    void ofTwoCommandsWithOneNumberTheSecondIsAnswered() throws Exception {
        Device one = device();
        Device other = device();
        server.points.put(one.number(), point("t", 1, T));
        server.points.put(other.number(), point("t", 2, T));
        try (TestSocket socket = socket()) {
            CompletableFuture<Void> reads = server.points.hold();
            socket.command(series(1, one));
            socket.command(series(1, other));
            await(() -> server.points.held() == 2);
            reads.complete(null);
            assertThat(socket.next().at("/data/t/0/1").asString()).isEqualTo("2");
            assertNothingMore(socket);
            await(() -> server.sockets.watched() == 1);
            server.feed.points(one.number(), 1, List.of(point("t", 3, T + 1)));
            server.feed.points(other.number(), 1, List.of(point("t", 4, T + 1)));
            assertThat(socket.next().at("/data/t/0/1").asString()).isEqualTo("4");
            assertNothingMore(socket);
        }
    }

    @Test
    void aSubscriptionThatFallsBehindItsFirstReadEndsWithOneError() throws Exception {
        Device device = device();
        try (TestSocket socket = socket()) {
            CompletableFuture<Void> reads = server.points.hold();
            socket.command(series(1, device));
            await(() -> server.sockets.watched() == 1);
            for (int i = 1; i <= 1_010; i++) {
                server.feed.points(device.number(), i, List.of(point("t", i, T + i)));
            }
            assertThat(socket.next().at("/errorCode").asInt()).isEqualTo(1);
            reads.complete(null);
            await(() -> server.sockets.watched() == 0);
            assertNothingMore(socket);
        }
    }

    @Test
    void aDeviceThatIsTakenWhileItIsReadIsNotShown() throws Exception {
        Device device = ofCustomer(device());
        try (TestSocket socket =
                TestSocket.general(server.port, server.login("customer@thingsboard.org", "customer"))) {
            CompletableFuture<Void> reads = server.points.hold();
            socket.command(series(1, device));
            await(() -> server.sockets.watched() == 1 && server.points.held() == 1);
            server.feed.changed(takenFromCustomer(device));
            assertThat(socket.next().at("/errorMsg").asString()).isEqualTo(NOT_FETCHED);
            reads.complete(null);
            server.feed.points(device.number(), 1, List.of(point("t", 1, T)));
            await(() -> server.sockets.watched() == 0);
            assertNothingMore(socket);
        }
    }

    @Test
    void aFailedHistoryLeavesTheSubscriptionWithItsNumber() throws Exception {
        Device device = device();
        try (TestSocket socket = socket()) {
            socket.command(series(1, device));
            socket.next();
            socket.command("\"type\":\"TIMESERIES_HISTORY\",\"cmdId\":1,\"entityType\":\"DEVICE\",\"entityId\":"
                    + "\"784f394c-42b6-435a-983c-b7beff2784f9\",\"keys\":\"t\",\"startTs\":0,\"endTs\":1");
            assertThat(socket.next().at("/errorMsg").asString()).isEqualTo(NOT_FETCHED);
            server.feed.points(device.number(), 1, List.of(point("t", 5, T)));
            assertThat(socket.next().at("/data/t/0/1").asString()).isEqualTo("5");
        }
    }

    @Test
    void aLateFailureLeavesTheSuccessor() throws Exception {
        Device one = device();
        Device other = device();
        try (TestSocket socket = socket()) {
            CompletableFuture<Void> reads = server.points.hold();
            socket.command(series(1, one));
            await(() -> server.points.held() == 1);
            server.points.letGo();
            socket.command(series(1, other));
            assertThat(socket.next().at("/errorCode").asInt()).isZero();
            reads.completeExceptionally(new Rejected(ErrorCode.NOT_FOUND, NOT_FETCHED));
            await(() -> server.sockets.watched() == 1);
            assertNothingMore(socket);
            server.feed.points(other.number(), 1, List.of(point("t", 6, T)));
            assertThat(socket.next().at("/data/t/0/1").asString()).isEqualTo("6");
        }
    }

    @Test
    void whateverFailsIsAnswered() throws Exception {
        Device device = device();
        try (TestSocket socket = socket()) {
            server.points.hold().completeExceptionally(new IllegalStateException("a secret"));
            socket.command(series(1, device));
            JsonNode answer = socket.next();
            assertThat(answer.at("/errorCode").asInt()).isEqualTo(1);
            assertThat(answer.at("/errorMsg").asString()).isEqualTo("Internal Server error!");
            socket.command(data(2, device, "TIME_SERIES", "t"));
            answer = socket.next();
            assertThat(answer.at("/cmdId").asInt()).isEqualTo(2);
            assertThat(answer.at("/cmdUpdateType").asString()).isEqualTo("ENTITY_DATA");
            assertThat(answer.at("/errorMsg").asString()).isEqualTo("Internal Server error!");
        }
    }

    // ---------------------------------------------------------------------------------------------- entities

    @Test
    void anOlderPointIsNotTheLatest() throws Exception {
        Device device = device();
        server.points.put(device.number(), point("t", 10, T + 10));
        try (TestSocket socket = socket()) {
            socket.command(data(1, device, "TIME_SERIES", "t"));
            assertThat(socket.next()
                            .at("/data/data/0/latest/TIME_SERIES/t/value")
                            .asString())
                    .isEqualTo("10");
            server.feed.points(device.number(), 1, List.of(point("t", 9, T + 9)));
            server.feed.points(device.number(), 2, List.of(point("t", 11, T + 11)));
            assertThat(socket.next().at("/update/0/latest/TIME_SERIES/t/value").asString())
                    .isEqualTo("11");
            assertNothingMore(socket);
        }
    }

    @Test
    void deletionsOfAttributesHaveTheirOrder() throws Exception {
        Device device = device();
        try (TestSocket socket = socket()) {
            socket.command(data(1, device, "SERVER_ATTRIBUTE", "a"));
            socket.next();
            server.feed.attributes(device.number(), 103, Scope.SERVER_SCOPE, List.of(point("a", 3, T)), List.of());
            assertThat(value(socket.next(), "SERVER_ATTRIBUTE")).isEqualTo("3");
            server.feed.attributes(device.number(), 102, Scope.SERVER_SCOPE, List.of(), List.of("a"));
            server.feed.attributes(device.number(), 105, Scope.SERVER_SCOPE, List.of(), List.of("a"));
            assertThat(value(socket.next(), "SERVER_ATTRIBUTE")).isEmpty();
            server.feed.attributes(device.number(), 104, Scope.SERVER_SCOPE, List.of(point("a", 4, T)), List.of());
            assertNothingMore(socket);
        }
    }

    @Test
    void anAttributeOfAnyScopeIsTheNewestThatIsLeft() throws Exception {
        Device device = device();
        assertThat(server.call(
                                "POST",
                                "/api/plugins/telemetry/DEVICE/" + device.id() + "/SERVER_SCOPE",
                                tenant,
                                "{\"a\":1}")
                        .statusCode())
                .isEqualTo(200);
        try (TestSocket socket = socket()) {
            socket.command(data(1, device, "ATTRIBUTE", "a"));
            assertThat(socket.next().at("/data/data/0/latest/ATTRIBUTE/a/value").asString())
                    .isEqualTo("1");
            long later = System.currentTimeMillis() + 60_000;
            server.feed.attributes(device.number(), 201, Scope.SHARED_SCOPE, List.of(point("a", 2, later)), List.of());
            assertThat(value(socket.next(), "ATTRIBUTE")).isEqualTo("2");
            server.feed.attributes(device.number(), 202, Scope.CLIENT_SCOPE, List.of(), List.of("a"));
            server.feed.attributes(device.number(), 203, Scope.SHARED_SCOPE, List.of(), List.of("a"));
            assertThat(value(socket.next(), "ATTRIBUTE")).isEqualTo("1");
            assertNothingMore(socket);
        }
    }

    @Test
    void aDeviceThatIsTakenWhileItsEntityIsReadIsNotShown() throws Exception {
        Device device = ofCustomer(device());
        try (TestSocket socket =
                TestSocket.general(server.port, server.login("customer@thingsboard.org", "customer"))) {
            CompletableFuture<Void> reads = server.points.hold();
            socket.command(data(1, device, "TIME_SERIES", "t"));
            await(() -> server.sockets.watched() == 1 && server.points.held() == 1);
            server.feed.changed(takenFromCustomer(device));
            await(() -> server.sockets.watched() == 0);
            reads.complete(null);
            assertThat(socket.next().at("/data/data")).isEmpty();
            server.feed.points(device.number(), 1, List.of(point("t", 1, T)));
            assertNothingMore(socket);
        }
    }

    @Test
    void anEntityThatFallsBehindItsFirstReadEndsWithAnError() throws Exception {
        Device device = device();
        try (TestSocket socket = socket()) {
            CompletableFuture<Void> reads = server.points.hold();
            socket.command(data(1, device, "TIME_SERIES", "t"));
            await(() -> server.sockets.watched() == 1);
            for (int i = 1; i <= 1_010; i++) {
                server.feed.points(device.number(), i, List.of(point("t", i, T + i)));
            }
            JsonNode answer = socket.next();
            assertThat(answer.at("/cmdId").asInt()).isEqualTo(1);
            assertThat(answer.at("/errorCode").asInt()).isEqualTo(1);
            reads.complete(null);
            await(() -> server.sockets.watched() == 0);
            assertNothingMore(socket);
        }
    }

    // ---------------------------------------------------------------------------------------------- strangers

    @Test
    void socketsThatNeverLogInAreBounded() throws Exception {
        List<TestSocket> silent = new ArrayList<>();
        try (TestSocket first = socket()) {
            assertNothingMore(first);
            boolean isRefused = false;
            for (int i = 0; i < 200 && !isRefused; i++) {
                try {
                    silent.add(new TestSocket(server.port, "/api/ws", true));
                } catch (RuntimeException _) {
                    isRefused = true;
                }
            }
            assertThat(isRefused).isTrue();
            assertNothingMore(first);
            silent.forEach(TestSocket::close);
            await(() -> server.sockets.sessions() == 1);
            try (TestSocket next = socket()) {
                assertNothingMore(next);
            }
        }
    }

    // ---------------------------------------------------------------------------------------------- parts

    private TestSocket socket() {
        return TestSocket.general(server.port, tenant);
    }

    private Device device() {
        String made = server.call(
                        "POST", "/api/device", tenant, "{\"name\":\"d" + System.nanoTime() + "\",\"type\":\"default\"}")
                .body();
        return server.device(ApiServer.member(made, "id"));
    }

    private Device ofCustomer(Device device) {
        String user = server.call("GET", "/api/auth/user", server.login("customer@thingsboard.org", "customer"), "")
                .body();
        String customer = ApiServer.member(user, "customerId");
        assertThat(server.call("POST", "/api/customer/" + customer + "/device/" + device.id(), tenant, "")
                        .statusCode())
                .isEqualTo(200);
        return server.device(device.id().toString());
    }

    private static Device takenFromCustomer(Device device) {
        return new Device(
                device.number(),
                device.id(),
                device.createdTime(),
                device.tenant(),
                Optional.empty(),
                device.name(),
                device.type(),
                device.label(),
                device.profile(),
                device.deviceData(),
                device.additionalInfo(),
                device.version() + 1);
    }

    private static Reading point(String key, long value, long ts) {
        return new Reading(key, new Value.Whole(value), ts);
    }

    private static String series(int id, Device device) {
        return "\"type\":\"TIMESERIES\",\"cmdId\":" + id + ",\"entityType\":\"DEVICE\",\"entityId\":\"" + device.id()
                + "\",\"keys\":\"t\"";
    }

    private static String data(int id, Device device, String source, String key) {
        String keys = "[{\"type\":\"" + source + "\",\"key\":\"" + key + "\"}]";
        return "\"type\":\"ENTITY_DATA\",\"cmdId\":" + id
                + ",\"query\":{\"entityFilter\":{\"type\":\"singleEntity\",\"singleEntity\":{\"entityType\":\"DEVICE\",\"id\":\""
                + device.id() + "\"}},\"pageLink\":{\"pageSize\":10,\"page\":0},\"latestValues\":" + keys
                + "},\"latestCmd\":{\"keys\":" + keys + "}";
    }

    private static String value(JsonNode update, String source) {
        return update.at("/update/0/latest/" + source + "/a/value").asString();
    }

    /** What was asked before is done, and said nothing: a command that comes after it is answered first. */
    private static void assertNothingMore(TestSocket socket) throws InterruptedException {
        socket.command("\"type\":\"TIMESERIES\",\"cmdId\":99,\"entityId\":\"\"");
        JsonNode answer = socket.next();
        assertThat(answer.at("/subscriptionId").asInt()).as("%s", answer).isEqualTo(99);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + Race.LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(Duration.ofMillis(2));
        }
    }
}
