package io.signalbox;

import static io.signalbox.TestServer.TestDevice;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.RawMqtt.Message;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Streams of transitions, as a client reads them. */
@Timeout(60)
class RpcEventsIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("rpc-timeout-min=50ms");

    private static final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(20))
            .build();
    private static final JsonMapper json = JsonMapper.builder().build();
    private static final String ALL = "/api/rpc/persistent/";

    private Rest tenant;
    private TestDevice device;

    @BeforeEach
    void device() {
        tenant = server.tenant();
        device = server.device();
    }

    /** One event; {@code id} empty: it has none. */
    private record Event(String id, String name, JsonNode data) {
        String status() {
            return data.at("/status").asString();
        }

        String cause() {
            return data.at("/cause").asString();
        }

        long number() {
            return Long.parseLong(id.substring(0, id.indexOf('-')));
        }
    }

    /** An open stream. */
    private static final class Events implements AutoCloseable {
        private final HttpResponse<InputStream> response;
        private final BufferedReader lines;

        Events(String path, Rest caller, String lastId) {
            this(path, caller, lastId, "");
        }

        Events(String path, Rest caller, String lastId, String query) {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + server.httpPort() + ALL + path + "/events" + query))
                    .header("Authorization", "Bearer " + caller.token());
            if (!lastId.isEmpty()) {
                request.header("Last-Event-ID", lastId);
            }
            response = http.sendAsync(request.build(), BodyHandlers.ofInputStream())
                    .join();
            lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        }

        /** The next event; one without a name: the stream has ended. */
        Event next() {
            String id = "";
            String name = "";
            String data = "{}";
            try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("id: ")) {
                        id = line.substring(4);
                    } else if (line.startsWith("event: ")) {
                        name = line.substring(7);
                    } else if (line.startsWith("data: ")) {
                        data = line.substring(6);
                    } else if (line.isEmpty() && !name.isEmpty()) {
                        return new Event(id, name, json.readTree(data));
                    }
                }
                return new Event("", "", json.readTree("{}"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        List<Event> rest() {
            List<Event> all = new ArrayList<>();
            for (Event event = next(); !event.name().isEmpty(); event = next()) {
                all.add(event);
            }
            return all;
        }

        @Override
        public void close() {
            try {
                lines.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private String command() {
        return tenant.post(
                        "/api/rpc/twoway/" + device.id(),
                        "{\"method\":\"m\",\"params\":1,\"persistent\":true,\"timeout\":30000}")
                .text("/rpcId");
    }

    private void carryOut() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, "v1/devices/me/rpc/request/+")) {
            Message message = mqtt.message();
            mqtt.send(RawMqtt.puback(message.packetId()));
            mqtt.answer(message, "{\"ok\":true}");
            TestServer.await(
                    "the answer",
                    () -> tenant.get("/api/rpc/persistent/device/" + device.id()
                                    + "?pageSize=10&page=0&rpcStatus=SUCCESSFUL")
                            .body()
                            .contains("SUCCESSFUL"));
        }
    }

    private static List<String> ids(List<Event> events) {
        return events.stream().map(Event::id).filter(id -> !id.isEmpty()).toList();
    }

    // ------------------------------------------------------------------------------------------------ one command

    @Test
    void aStreamTellsEachTransitionOnceAndEndsWithTheCommand() {
        String rpc = command();
        try (Events events = new Events(rpc, tenant, "")) {
            assertThat(events.response.statusCode()).isEqualTo(200);
            assertThat(events.response.headers().firstValue("content-type")).contains("text/event-stream");
            assertThat(events.response.headers().firstValue("cache-control")).contains("no-store");
            Event first = events.next();
            assertThat(first.name()).isEqualTo("transition");
            assertThat(first.status()).isEqualTo("QUEUED");
            assertThat(first.cause()).isEqualTo("accepted");
            assertThat(first.data().at("/rpcId").asString()).isEqualTo(rpc);
            assertThat(first.data().at("/deviceId").asString()).isEqualTo(device.id());
            assertThat(first.data().at("/open").asBoolean()).isTrue();
            carryOut();
            List<Event> rest = events.rest();
            Event end = rest.removeLast();
            assertThat(end.name()).isEqualTo("end");
            assertThat(end.status()).isEqualTo("SUCCESSFUL");
            assertThat(rest).extracting(Event::name).containsOnly("transition");
            assertThat(rest).extracting(Event::status).containsSubsequence("SENT", "SUCCESSFUL");
            assertThat(rest.getLast().cause()).isEqualTo("replied");
            assertThat(rest.getLast().data().at("/open").asBoolean()).isFalse();
            rest.addFirst(first);
            assertTellsTheHistory(rpc, rest);
        }
    }

    private void assertTellsTheHistory(String rpc, List<Event> events) {
        JsonNode history = tenant.get(ALL + rpc + "/history").json().at("/history");
        assertThat(events).hasSize(history.size());
        long number = events.getFirst().number();
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).id()).isEqualTo(number + "-" + (i + 1));
            for (String member : List.of("ts", "cause", "status", "attempt", "generation")) {
                assertThat(events.get(i).data().get(member))
                        .isEqualTo(history.get(i).get(member));
            }
        }
    }

    @Test
    void whoWaitsForLateAnswersIsToldThemBehindTheEnd() {
        String rpc = tenant.post(
                        "/api/rpc/twoway/" + device.id(),
                        "{\"method\":\"m\",\"params\":1,\"persistent\":true,\"timeout\":100}")
                .text("/rpcId");
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, "v1/devices/me/rpc/request/+");
                Events all = new Events("device/" + device.id(), tenant, "");
                Events events = new Events(rpc, tenant, "", "?late=true")) {
            Message message = mqtt.message();
            Event last = events.next();
            while (!last.name().equals("end")) {
                last = events.next();
            }
            assertThat(last.status()).isEqualTo("EXPIRED");
            mqtt.answer(message, "\"late\"");
            Event late = events.next();
            assertThat(late.cause()).isEqualTo("lateReply");
            assertThat(late.status()).isEqualTo("EXPIRED");
            assertThat(late.data().at("/detail").asString()).isEqualTo("\"late\"");
            Event ofDevice = all.next();
            while (!ofDevice.cause().equals("lateReply")) {
                ofDevice = all.next();
            }
            assertThat(ofDevice.id()).isEqualTo(late.id());
            List<Event> again = new Events(rpc, tenant, "").rest();
            assertThat(again.removeLast().name()).isEqualTo("end");
            assertTellsTheHistory(rpc, again);
            assertThat(again.getLast().id()).isEqualTo(late.id());
            String before = again.get(again.size() - 2).id();
            try (Events resumed = new Events(rpc, tenant, before, "?late=true")) {
                assertThat(resumed.next().id()).isEqualTo(late.id());
                assertThat(resumed.next().name()).isEqualTo("end");
                mqtt.answer(message, "\"later\"");
                assertThat(resumed.next().data().at("/detail").asString()).isEqualTo("\"later\"");
            }
        }
        assertThat(tenant.get(ALL + rpc + "/events?late=maybe").status()).isEqualTo(400);
    }

    @Test
    void aStreamGoesOnBehindAnyEventWithoutGapOrRepeat() {
        String rpc = command();
        carryOut();
        List<Event> all = new Events(rpc, tenant, "").rest();
        assertThat(all).hasSizeGreaterThan(3);
        List<String> ids = ids(all);
        for (int seen = 0; seen < ids.size(); seen++) {
            List<Event> rest = new Events(rpc, tenant, ids.get(seen)).rest();
            assertThat(ids(rest)).isEqualTo(ids.subList(seen + 1, ids.size()));
            assertThat(rest.getLast().name()).isEqualTo("end");
        }
    }

    @Test
    void aStreamThatWasCutGoesOnWhileTheCommandDoes() {
        String rpc = command();
        String last;
        try (Events events = new Events(rpc, tenant, "")) {
            last = events.next().id();
        }
        try (Events events = new Events(rpc, tenant, last)) {
            carryOut();
            List<Event> rest = events.rest();
            assertThat(ids(rest).getFirst()).isEqualTo(last.replace("-1", "-2"));
            assertThat(rest.getLast().name()).isEqualTo("end");
        }
        server.awaitMetric("signalbox_rpc_streams", 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1-", "999999999-1", "0-99", "-1-2"})
    void anUnknownPlaceBeginsAnew(String lastId) {
        String rpc = command();
        tenant.post(ALL + rpc + "/cancel", "");
        assertThat(new Events(rpc, tenant, lastId).rest())
                .extracting(Event::cause)
                .containsExactly("accepted", "cancelled", "");
    }

    @Test
    void aCommandThatIsDeletedIsGone() {
        String rpc = command();
        try (Events events = new Events(rpc, tenant, "")) {
            assertThat(events.next().status()).isEqualTo("QUEUED");
            tenant.delete(ALL + rpc);
            assertThat(events.rest()).extracting(Event::name).containsExactly("transition", "gone");
        }
        assertThat(tenant.get(ALL + rpc + "/events").status()).isEqualTo(404);
    }

    @Test
    void aCommandWhoseDeviceIsDeletedEnds() {
        String rpc = command();
        try (Events events = new Events(rpc, tenant, "")) {
            assertThat(events.next().status()).isEqualTo("QUEUED");
            tenant.delete("/api/device/" + device.id());
            List<Event> rest = events.rest();
            assertThat(rest).extracting(Event::name).containsExactly("transition", "end");
            assertThat(rest.getFirst().cause()).isEqualTo("deviceDeleted");
        }
    }

    @Test
    void aCommandThatExpiresEnds() {
        String rpc = tenant.post(
                        "/api/rpc/twoway/" + device.id(),
                        "{\"method\":\"m\",\"params\":1,\"persistent\":true,\"timeout\":300}")
                .text("/rpcId");
        assertThat(new Events(rpc, tenant, "").rest())
                .extracting(Event::status)
                .containsExactly("QUEUED", "EXPIRED", "EXPIRED");
    }

    // ------------------------------------------------------------------------------------------------ a device

    @Test
    void aDevicesStreamTellsOpenCommandsAndWhatFollows() {
        String open = command();
        String last;
        try (Events events = new Events("device/" + device.id(), tenant, "")) {
            Event first = events.next();
            assertThat(first.data().at("/rpcId").asString()).isEqualTo(open);
            tenant.post(ALL + open + "/cancel", "");
            assertThat(events.next().cause()).isEqualTo("cancelled");
            String second = command();
            Event accepted = events.next();
            assertThat(accepted.data().at("/rpcId").asString()).isEqualTo(second);
            assertThat(accepted.id()).isEqualTo((first.number() + 1) + "-1");
            last = accepted.id();
        }
        carryOut();
        String third = command();
        try (Events events = new Events("device/" + device.id(), tenant, last)) {
            List<Event> seen = new ArrayList<>();
            do {
                seen.add(events.next());
            } while (!seen.getLast().data().at("/rpcId").asString().equals(third));
            assertThat(ids(seen)).doesNotContain(last).doesNotHaveDuplicates();
            assertThat(seen).extracting(Event::name).containsOnly("transition");
            assertThat(seen).extracting(Event::cause).contains("replied");
            tenant.delete("/api/device/" + device.id());
            assertThat(events.rest()).extracting(Event::name).contains("gone");
        }
        server.awaitMetric("signalbox_rpc_streams", 0);
    }

    @Test
    void aDevicesStreamThatGoesOnBehindWhatIsUnknownSaysSo() {
        command();
        try (Events events = new Events("device/" + device.id(), tenant, "999999999-1")) {
            assertThat(events.next().name()).isEqualTo("gap");
            assertThat(events.next().cause()).isEqualTo("accepted");
        }
    }

    // ------------------------------------------------------------------------------------------------ who may

    @Test
    void whoMayNotReadItMayNotFollowIt() {
        String rpc = command();
        String stream = ALL + rpc + "/events";
        String ofDevice = ALL + "device/" + device.id() + "/events";
        Rest other = server.otherTenant();
        assertThat(other.get(stream).status()).isEqualTo(403);
        assertThat(other.get(ofDevice).status()).isEqualTo(404);
        assertThat(other.get(ofDevice).body()).isEqualTo("Device with requested id wasn't found!");
        assertThat(server.customer().get(stream).status()).isEqualTo(403);
        assertThat(server.customer().get(ofDevice).status()).isEqualTo(403);
        assertThat(server.systemAdministrator().get(stream).status()).isEqualTo(403);
        assertThat(server.anybody().get(stream).status()).isEqualTo(401);
        assertThat(tenant.get(ALL + UUID.randomUUID() + "/events").status()).isEqualTo(404);
        assertThat(tenant.get(ALL + "x/events").status()).isEqualTo(400);
        assertThat(tenant.post(stream, "").status()).isEqualTo(405);
    }

    @Test
    void aStreamEndsWithItsLogin() {
        Rest login = server.login("tenant@thingsboard.org", "tenant");
        String rpc = command();
        try (Events events = new Events(rpc, login, "")) {
            assertThat(events.next().status()).isEqualTo("QUEUED");
            login.post("/api/auth/logout", "");
            assertThat(events.rest()).isEmpty(); // with the next ping
        }
    }
}
