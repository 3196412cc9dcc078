package io.signalbox.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.ops.Health.State;
import org.junit.jupiter.api.Test;

class HealthTest {
    private final Health health = new Health();

    @Test
    void aServerWithoutPartsLivesAndIsNotReady() {
        assertThat(health.live()).isEqualTo(new Health.Report(200, "live\n"));
        assertThat(health.ready()).isEqualTo(new Health.Report(503, "not ready\n"));
    }

    @Test
    void readyMeansThatEveryPartAccepts() {
        health.set("mqtt", State.STARTING);
        health.set("http", State.ACCEPTING);
        assertThat(health.ready()).isEqualTo(new Health.Report(503, "http ACCEPTING\nmqtt STARTING\nnot ready\n"));
        health.set("mqtt", State.ACCEPTING);
        assertThat(health.ready()).isEqualTo(new Health.Report(200, "http ACCEPTING\nmqtt ACCEPTING\nready\n"));
        health.set("http", State.DOWN);
        assertThat(health.ready().httpStatus()).isEqualTo(503);
    }
}
