package io.signalbox.device;

/** What has attributes and time series: a device, or an entity of another kind. */
public interface HasValues {
    /** By which stores name it: positive, and never given to another, also after deletion. */
    long number();
}
