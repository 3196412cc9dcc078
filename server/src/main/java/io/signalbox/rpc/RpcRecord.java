package io.signalbox.rpc;

/**
 * A persistent command as it is stored.
 *
 * @param number  the store's own key: positive, never reused, rising in the order of acceptance
 * @param version 1 after acceptance, one more with each change
 */
public record RpcRecord(long number, long version, RpcOrder order, RpcProgress progress) {
    /** What its texts take in memory, roughly. */
    public int textBytes() {
        return order.params().length + progress.response().map(String::length).orElse(0);
    }
}
