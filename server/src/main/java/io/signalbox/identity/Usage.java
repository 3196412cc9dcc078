package io.signalbox.identity;

/** How much a tenant has, and how much its profile allows. */
public record Usage(Count devices, Count assets, Count customers, Count users) {
    /** @param max 0: no limit */
    public record Count(long present, long max) {}
}
