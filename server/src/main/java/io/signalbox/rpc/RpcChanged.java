package io.signalbox.rpc;

import io.signalbox.session.Mailbox;

/**
 * A command of this device ended in the store, behind the back of its mailbox: it was cancelled, deleted, superseded, or its
 * time was over.
 *
 * @param number {@link RpcRecord#number}
 */
public record RpcChanged(long number) implements Mailbox.Event.OfCommands {}
