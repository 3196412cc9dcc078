package io.signalbox.store.sql;

import io.signalbox.device.EntityId;
import io.signalbox.device.NumberedEntity;
import io.signalbox.telemetry.EntityNumbers;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Numbers of entities in core.db. */
public final class SqlEntityNumbers implements EntityNumbers {
    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlEntityNumbers(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    @Override
    public CompletionStage<NumberedEntity> find(EntityId entity) {
        return readers.readLater(sql -> EntityRows.find(sql, entity).orElse(NumberedEntity.NONE));
    }

    @Override
    public CompletionStage<Optional<NumberedEntity>> require(EntityId entity) {
        return readers.readLater(sql -> EntityRows.find(sql, entity))
                .thenCompose(found -> found.isPresent()
                        ? CompletableFuture.completedStage(found)
                        : writer.writeLater(sql -> EntityRows.require(sql, entity)));
    }
}
