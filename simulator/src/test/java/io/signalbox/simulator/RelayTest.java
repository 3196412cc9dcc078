package io.signalbox.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The load and its yardstick, both on the loop of the test. */
class RelayTest {
    private final Loop loop = new Loop();
    private final Relay relay = new Relay(loop, 0, 0);

    @AfterEach
    void closeLoop() {
        loop.close();
    }

    @ParameterizedTest
    @CsvSource({"1,1,0,0", "4,16,0,0", "16,4,1,0", "3,5,1,2000"})
    void everyCallGetsItsOwnAnswer(int devices, int callers, int qos, int paramsBytes) {
        RpcLoad load = load(devices, new RpcLoad.Settings(callers, qos, paramsBytes, OptionalDouble.empty(), false));
        load.open();
        Measurement first = load.run(Duration.ZERO, Duration.ofMillis(200));
        Measurement second = load.run(Duration.ZERO, Duration.ofMillis(200));
        load.close();
        for (Measurement measurement : List.of(first, second)) {
            assertThat(measurement.count()).isPositive();
            assertThat(measurement.errors()).isEmpty();
            assertThat(measurement.p50Millis()).isPositive().isLessThanOrEqualTo(measurement.maxMillis());
        }
    }

    @Test
    void openLoopMakesAsManyCallsAsAreDue() {
        RpcLoad load = load(4, new RpcLoad.Settings(4, 0, 0, OptionalDouble.of(1000), false));
        load.open();
        Measurement measurement = load.run(Duration.ZERO, Duration.ofMillis(300));
        load.close();
        assertThat(measurement.errors()).isEmpty();
        assertThat(measurement.count()).isBetween(1L, 600L);
    }

    @Test
    void callToAnAbsentDeviceIsAnErrorWithItsStatus() {
        RpcLoad load = new RpcLoad(
                loop,
                relay.http(),
                relay.mqtt(),
                new RpcLoad.Settings(1, 0, 0, OptionalDouble.empty(), false),
                List.of("here"),
                List.of("elsewhere"),
                "",
                Optional.empty());
        load.open();
        Measurement measurement = load.run(Duration.ZERO, Duration.ofMillis(50));
        load.close();
        assertThat(measurement.count()).isZero();
        assertThat(measurement.errors()).containsOnlyKeys("HTTP 504");
    }

    @Test
    void nobodyListening() {
        loop.close();
        try (Loop other = new Loop()) {
            Fleet fleet = new Fleet(other, relay.mqtt(), 1, List.of(new MqttClient(new MqttPacket(), "t", null, 0) {}));
            assertThatThrownBy(() -> fleet.open(Duration.ofSeconds(5)))
                    .isInstanceOf(SimulationFailed.class)
                    .hasMessageContaining("only 0 of 1 devices connected");
        }
    }

    private RpcLoad load(int devices, RpcLoad.Settings settings) {
        List<String> tokens =
                IntStream.range(0, devices).mapToObj(i -> "token-" + i).toList();
        return new RpcLoad(loop, relay.http(), relay.mqtt(), settings, tokens, tokens, "Bearer x", Optional.empty());
    }
}
