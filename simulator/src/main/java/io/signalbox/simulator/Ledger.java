package io.signalbox.simulator;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * Remembers which telemetry messages a server acknowledged, and reads them back.
 *
 * <p>Message n of a device has the time base + n and a value that follows from n, so that nothing but one bit for each
 * acknowledged message has to be kept, and a value under a wrong time is seen.
 */
final class Ledger implements PublishLoad.Messages {
    /** Times asked for in one request; there is at most one point at each. */
    private static final int PAGE = 5000;

    /**
     * @param acknowledged messages that the server answered with PUBACK
     * @param found of these, the ones that are stored with the right value
     * @param wrong points whose value was never sent for their time, acknowledged or not
     */
    record Check(long acknowledged, long found, long wrong) {
        long lost() {
            return acknowledged - found;
        }

        @Override
        public String toString() {
            return "%,d acknowledged, %,d found, %,d lost, %,d wrong".formatted(acknowledged, found, lost(), wrong);
        }
    }

    private final List<Account> accounts;
    private final long baseTs;

    Ledger(List<Device> devices, int inflight, long baseTs) {
        this.accounts =
                devices.stream().map(device -> new Account(device, inflight)).toList();
        this.baseTs = baseTs;
    }

    List<String> tokens() {
        return accounts.stream().map(account -> account.device.token()).toList();
    }

    /** What is acknowledged from now on is of the newest round. */
    void beginRound() {
        accounts.forEach(account -> account.roundFrom = account.sent);
    }

    @Override
    public boolean next(int device, int slot, Bytes payload) {
        Account account = accounts.get(device);
        int number = account.sent++;
        account.inSlot[slot] = number;
        payload.put("{\"ts\":")
                .putDecimal(baseTs + number)
                .put(",\"values\":{\"k\":")
                .putDecimal(value(number))
                .put("}}");
        return true;
    }

    @Override
    public void acknowledged(int device, int slot) {
        Account account = accounts.get(device);
        account.acknowledged.set(account.inSlot[slot]);
    }

    /** Reads back what was sent, in the newest round or in all of them. */
    Check check(Rest rest, boolean newestRound) {
        Check sum = new Check(0, 0, 0);
        for (Account account : accounts) {
            Check one = check(rest, account, newestRound ? account.roundFrom : 0);
            sum = new Check(sum.acknowledged + one.acknowledged, sum.found + one.found, sum.wrong + one.wrong);
        }
        return sum;
    }

    private Check check(Rest rest, Account account, int first) {
        BitSet stored = new BitSet();
        long wrong = 0;
        for (JsonNode point : points(rest, account, first)) {
            long number = point.path("ts").asLong() - baseTs;
            if (number < 0 || number >= account.sent || point.path("value").asLong() != value((int) number)) {
                wrong++;
            } else {
                stored.set((int) number);
            }
        }
        BitSet acknowledged = (BitSet) account.acknowledged.clone();
        acknowledged.clear(0, first);
        stored.and(acknowledged);
        return new Check(acknowledged.cardinality(), stored.cardinality(), wrong);
    }

    private List<JsonNode> points(Rest rest, Account account, int first) {
        List<JsonNode> points = new ArrayList<>();
        for (int from = first; from < account.sent; from += PAGE) {
            int to = Math.min(account.sent, from + PAGE);
            String path = "/api/plugins/telemetry/DEVICE/" + account.device.id() + "/values/timeseries?keys=k&startTs="
                    + (baseTs + from) + "&endTs=" + (baseTs + to) + "&limit=" + PAGE + "&orderBy=ASC";
            rest.get(path).path("k").forEach(points::add);
        }
        return points;
    }

    private static long value(int number) {
        return (number * 7919L + 13) % 1_000_003;
    }

    private static final class Account {
        private final Device device;
        private final int[] inSlot;
        private final BitSet acknowledged = new BitSet();
        private int sent;
        private int roundFrom;

        Account(Device device, int inflight) {
            this.device = device;
            this.inSlot = IntStream.range(0, inflight).toArray();
        }
    }
}
