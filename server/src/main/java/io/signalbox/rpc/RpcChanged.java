package io.signalbox.rpc;

import io.signalbox.session.Mailbox;

/** A record of this device was changed in the store, not by its mailbox: look again. */
public record RpcChanged() implements Mailbox.Event.OfCommands {}
