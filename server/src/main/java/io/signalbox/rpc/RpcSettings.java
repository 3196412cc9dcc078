package io.signalbox.rpc;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.DeviceProfileId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How commands go out to a device, as far as somebody said so: for the device, for its profile, or by both together. What is
 * absent is as the next one says: the device before its profile, its profile before the server.
 *
 * @param inFlightMax commands that the device is given at a time; 0: as many as there are
 * @param redeliver   whether a delivered, unanswered command goes out again when the device subscribes, where its caller did
 *                    not say
 * @param mask        names of members that the audit log does not keep, beside those of the server; an empty list: none
 */
public record RpcSettings(
        Optional<SubmitStrategy> submitStrategy,
        OptionalInt inFlightMax,
        Optional<Boolean> redeliver,
        Optional<List<String>> mask) {
    public static final RpcSettings NONE =
            new RpcSettings(Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.empty());

    public static final int IN_FLIGHT_MAX = 10_000;
    public static final int MASK_NAMES_MAX = 100;
    public static final int MASK_NAME_CHARS_MAX = 255;

    public RpcSettings {
        mask = mask.map(List::copyOf);
    }

    /** What is set for a device, and by whom. */
    public record OfDevice(DeviceProfileId profile, RpcSettings own, RpcSettings ofProfile) {
        /** Both together. */
        public RpcSettings effective() {
            return own.over(ofProfile);
        }
    }

    /** These, and where they say nothing, those below. */
    public RpcSettings over(RpcSettings below) {
        return new RpcSettings(
                submitStrategy.or(below::submitStrategy),
                inFlightMax.isPresent() ? inFlightMax : below.inFlightMax,
                redeliver.or(below::redeliver),
                mask.or(below::mask));
    }
}
