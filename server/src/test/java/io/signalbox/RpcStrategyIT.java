package io.signalbox;

import static io.signalbox.RawMqtt.RPC_REQUESTS;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.RawMqtt.Message;
import io.signalbox.TestServer.TestDevice;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** When the next command of a device goes out, when one goes out again, and what a stop does (server-side RPC §5, §6.4). */
class RpcStrategyIT {
    private static String call(int params) {
        return "{\"method\":\"m\",\"timeout\":20000,\"params\":" + params + "}";
    }

    private static String command(int params) {
        return "{\"method\":\"m\",\"params\":" + params + "}";
    }

    @Test
    void onAcknowledgementTheNextCommandFollowsTheDelivery() throws Exception {
        run("rpc-submit-strategy=SEQUENTIAL_ON_ACK_FROM_DEVICE", (server, device, mqtt) -> {
            CompletableFuture<Rest.Answer> one = server.tenant().twoWay(device, call(1));
            Message first = mqtt.message();
            CompletableFuture<Rest.Answer> two = server.tenant().oneWay(device, call(2));
            server.awaitMetric("signalbox_rpc_open", 2);
            CompletableFuture<Rest.Answer> three = server.tenant().twoWay(device, call(3));
            server.awaitMetric("signalbox_rpc_open", 3);
            mqtt.nothingMore();
            mqtt.send(RawMqtt.puback(first.packetId()));
            Message second = mqtt.message();
            assertThat(second.payload()).isEqualTo(command(2));
            mqtt.nothingMore();
            assertThat(two).isNotDone(); // it is answered at its delivery
            mqtt.send(RawMqtt.puback(second.packetId()));
            assertThat(Rest.await(two).status()).isEqualTo(200);
            Message third = mqtt.message();
            assertThat(third.payload()).isEqualTo(command(3));
            mqtt.answer(third, "3").answer(first, "1");
            assertThat(Rest.await(three).body()).isEqualTo("3");
            assertThat(Rest.await(one).body()).isEqualTo("1");
        });
    }

    @Test
    void onAcknowledgementAnAnswerCountsAsDelivery() throws Exception {
        run("rpc-submit-strategy=SEQUENTIAL_ON_ACK_FROM_DEVICE", (server, device, mqtt) -> {
            CompletableFuture<Rest.Answer> one = server.tenant().twoWay(device, call(1));
            Message first = mqtt.message();
            CompletableFuture<Rest.Answer> two = server.tenant().twoWay(device, call(2));
            server.awaitMetric("signalbox_rpc_open", 2);
            mqtt.nothingMore().answer(first, "1");
            assertThat(Rest.await(one).body()).isEqualTo("1");
            Message second = mqtt.message();
            mqtt.answer(second, "2");
            assertThat(Rest.await(two).body()).isEqualTo("2");
        });
    }

    @Test
    void onResponseTheNextCommandFollowsTheAnswer() throws Exception {
        run("rpc-submit-strategy=SEQUENTIAL_ON_RESPONSE_FROM_DEVICE", (server, device, mqtt) -> {
            CompletableFuture<Rest.Answer> one = server.tenant().twoWay(device, call(1));
            Message first = mqtt.message();
            CompletableFuture<Rest.Answer> two = server.tenant().oneWay(device, call(2));
            server.awaitMetric("signalbox_rpc_open", 2);
            CompletableFuture<Rest.Answer> three = server.tenant().twoWay(device, call(3));
            server.awaitMetric("signalbox_rpc_open", 3);
            mqtt.send(RawMqtt.puback(first.packetId())).nothingMore();
            mqtt.answer(first, "1");
            assertThat(Rest.await(one).body()).isEqualTo("1");
            Message second = mqtt.message();
            assertThat(second.payload()).isEqualTo(command(2));
            mqtt.nothingMore().send(RawMqtt.puback(second.packetId()));
            assertThat(Rest.await(two).status()).isEqualTo(200);
            Message third = mqtt.message();
            assertThat(third.payload()).isEqualTo(command(3));
            mqtt.answer(third, "3");
            assertThat(Rest.await(three).body()).isEqualTo("3");
        });
    }

    @Test
    void onResponseTheNextCommandDoesNotWaitForEver() throws Exception {
        TestServer server =
                TestServer.with("rpc-submit-strategy=SEQUENTIAL_ON_RESPONSE_FROM_DEVICE", "rpc-response-timeout=300ms");
        run(server, (_, device, mqtt) -> {
            CompletableFuture<Rest.Answer> one = server.tenant().twoWay(device, call(1));
            Message first = mqtt.message();
            mqtt.send(RawMqtt.puback(first.packetId()));
            CompletableFuture<Rest.Answer> two = server.tenant().twoWay(device, call(2));
            Message second = mqtt.message();
            assertThat(second.payload()).isEqualTo(command(2));
            mqtt.answer(second, "2");
            assertThat(Rest.await(two).body()).isEqualTo("2");
            assertThat(one).isNotDone();
        });
    }

    @Test
    void onResponseOnlyTheOldestWaitingCommandIsSentOnSubscribe() throws Exception {
        run("rpc-submit-strategy=SEQUENTIAL_ON_RESPONSE_FROM_DEVICE", (server, device, mqtt) -> {
            mqtt.send(mqtt.unsubscribe(3, RPC_REQUESTS)).next(RawMqtt.UNSUBACK);
            CompletableFuture<Rest.Answer> one = server.tenant().twoWay(device, call(1));
            server.awaitMetric("signalbox_rpc_open", 1);
            CompletableFuture<Rest.Answer> two = server.tenant().twoWay(device, call(2));
            server.awaitMetric("signalbox_rpc_open", 2);
            mqtt.subscribed(1, RPC_REQUESTS);
            Message first = mqtt.message();
            assertThat(first.payload()).isEqualTo(command(1));
            mqtt.nothingMore().answer(first, "1");
            assertThat(Rest.await(one).body()).isEqualTo("1");
            mqtt.answer(mqtt.message(), "2");
            assertThat(Rest.await(two).body()).isEqualTo("2");
        });
    }

    @Test
    void aMissingAcknowledgementIsSentAgainUnderTheSameIdAsOftenAsAllowed() throws Exception {
        run(TestServer.with("mqtt-ack-timeout=100ms", "rpc-timeout-min=50ms"), (server, device, mqtt) -> {
            CompletableFuture<Rest.Answer> call =
                    server.tenant().twoWay(device, "{\"method\":\"m\",\"params\":7,\"timeout\":4000,\"retries\":2}");
            Message first = mqtt.message();
            for (int retry = 1; retry <= 2; retry++) {
                Message again = mqtt.message();
                assertThat(again.topic()).isEqualTo(first.topic());
                assertThat(again.payload()).isEqualTo(first.payload());
                assertThat(again.packetId()).isNotEqualTo(first.packetId());
            }
            assertThat(Rest.await(call).outcome()).isEqualTo("sent-not-acknowledged");
            mqtt.nothingMore();
        });
    }

    @Test
    void whatWasAcknowledgedIsNotSentAgain() throws Exception {
        run(TestServer.with("mqtt-ack-timeout=100ms", "rpc-timeout-min=50ms"), (server, device, mqtt) -> {
            CompletableFuture<Rest.Answer> call =
                    server.tenant().twoWay(device, "{\"method\":\"m\",\"timeout\":2000,\"retries\":5}");
            Message first = mqtt.message();
            Message again = mqtt.message();
            mqtt.send(RawMqtt.puback(again.packetId()));
            assertThat(Rest.await(call).outcome()).isEqualTo("no-answer");
            mqtt.nothingMore();
            assertThat(again.requestId()).isEqualTo(first.requestId());
        });
    }

    @Test
    void aStopAnswersWhoWaits() throws Exception {
        run(TestServer.with(), (server, device, mqtt) -> {
            CompletableFuture<Rest.Answer> sent = server.tenant().twoWay(device, call(1));
            mqtt.message();
            TestDevice absent = server.device();
            CompletableFuture<Rest.Answer> unsent =
                    server.tenant().posting("/api/plugins/rpc/twoway/" + absent.id(), call(1));
            server.awaitMetric("signalbox_rpc_open", 2);
            server.stop();
            assertThat(Rest.await(sent).status()).isEqualTo(504);
            assertThat(Rest.await(sent).outcome()).isEqualTo("shutting-down");
            assertThat(Rest.await(unsent).status()).isEqualTo(408);
            assertThat(Rest.await(unsent).outcome()).isEqualTo("shutting-down");
            mqtt.assertClosed();
        });
    }

    @Test
    void requestIdsAreNotUsedAgainAfterARestart() throws Exception {
        run(TestServer.with(), (server, device, before) -> {
            int last = 0;
            for (int i = 0; i < 3; i++) {
                CompletableFuture<Rest.Answer> call = server.tenant().twoWay(device, call(i));
                Message command = before.message();
                assertThat(command.requestId()).isGreaterThan(last);
                last = command.requestId();
                before.answer(command, "1");
                Rest.await(call);
            }
            server.restart();
            try (RawMqtt after = server.mqtt(device).subscribed(1, RPC_REQUESTS)) {
                CompletableFuture<Rest.Answer> call = server.tenant().twoWay(device, call(9));
                Message command = after.message();
                assertThat(command.requestId()).isGreaterThan(last);
                after.answer(last, "\"of another life\"").answer(command, "9");
                assertThat(Rest.await(call).body()).isEqualTo("9");
            }
        });
    }

    private interface Scene {
        void play(TestServer server, TestDevice device, RawMqtt mqtt) throws Exception;
    }

    private static void run(String setting, Scene scene) throws Exception {
        run(TestServer.with(setting), scene);
    }

    /** A server of its own, and one device that listens at QoS 1. */
    private static void run(TestServer server, Scene scene) throws Exception {
        try {
            server.start();
            TestDevice device = server.device();
            try (RawMqtt mqtt = server.mqtt(device).subscribed(1, RPC_REQUESTS)) {
                scene.play(server, device, mqtt);
            }
        } finally {
            server.close();
        }
    }
}
