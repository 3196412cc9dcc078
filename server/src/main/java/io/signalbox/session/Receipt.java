package io.signalbox.session;

import io.signalbox.ops.ErrorCode;

/** What the sender of a message waits for. Exactly one of the two calls comes, on {@link #loop}, once. */
public interface Receipt {
    /** Where the answer is wanted. The completions of one commit are one task for each loop. */
    Loop loop();

    /** The message is committed. */
    void stored();

    /** The message is not kept, and may be sent again. */
    void refused(ErrorCode code);
}
