package io.signalbox.store.sql.points;

import io.signalbox.ops.ErrorCode;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The receipts of one commit, told in the order of their messages: one task for each loop. One thread. */
final class Answers {
    private static final Logger log = LoggerFactory.getLogger(Answers.class);

    private final IdentityHashMap<Loop, List<Receipt>> receipts = new IdentityHashMap<>();

    void add(Receipt receipt) {
        receipts.computeIfAbsent(receipt.loop(), _ -> new ArrayList<>()).add(receipt);
    }

    void stored() {
        tell(Receipt::stored);
    }

    void refused(ErrorCode code) {
        tell(receipt -> receipt.refused(code));
    }

    private void tell(Consumer<Receipt> answer) {
        receipts.forEach((loop, ofLoop) -> {
            try {
                loop.execute(() -> ofLoop.forEach(receipt -> tell(receipt, answer)));
            } catch (RuntimeException e) {
                log.warn("receipts not told, their loop takes no tasks receipts={}", ofLoop.size(), e);
            }
        });
    }

    private static void tell(Receipt receipt, Consumer<Receipt> answer) {
        try {
            answer.accept(receipt);
        } catch (RuntimeException e) {
            log.warn("receipt failed", e); // of one message; the others of this commit are still to be told
        }
    }
}
