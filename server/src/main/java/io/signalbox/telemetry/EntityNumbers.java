package io.signalbox.telemetry;

import io.signalbox.device.EntityId;
import io.signalbox.device.NumberedEntity;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Under which numbers stores keep the values of entities other than devices. An entity gets its number with its first value, and
 * keeps it until it is deleted; what it had of values goes then. Any thread; no call blocks. Stages complete on a thread of the
 * store, exceptionally with {@link io.signalbox.ops.Rejected} when the store fails.
 */
public interface EntityNumbers {
    /** To read its values: {@link NumberedEntity#NONE} while it has none. */
    CompletionStage<NumberedEntity> find(EntityId entity);

    /** To write or follow its values; empty: there is no such entity. */
    CompletionStage<Optional<NumberedEntity>> require(EntityId entity);
}
