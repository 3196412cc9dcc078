package io.signalbox.simulator;

import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** JSON objects with readings of a few sensors: {@code {"k1":21.375,"k2":83.002}}. */
final class Values {
    private Values() {}

    /** The names k1 to kN, each with the punctuation that stands around it. */
    static byte[][] keys(int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> ((i == 1 ? "{" : ",") + "\"k" + i + "\":").getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
    }

    static void put(Bytes out, byte[][] keys, RandomGenerator random) {
        for (byte[] key : keys) {
            int thousandths = random.nextInt(100_000);
            out.put(key).putDecimal(thousandths / 1000).put('.');
            out.put('0' + thousandths / 100 % 10)
                    .put('0' + thousandths / 10 % 10)
                    .put('0' + thousandths % 10);
        }
        out.put('}');
    }
}
