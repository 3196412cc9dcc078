package io.signalbox.simulator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection of a {@link Loop}: subclasses put bytes into {@link #output} and take what {@link #received} brings.
 *
 * <p>The loop's thread only. May be opened again after {@link #closed}.
 */
abstract class Connection implements Loop.Ready {
    private static final byte[] NOTHING = {};

    private final Bytes output = new Bytes(128);
    private @Nullable Loop loop;
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    /** Received bytes of a message that is not complete yet. */
    private byte[] partial = NOTHING;

    private int partialLength;
    private boolean flushPlanned;
    private boolean isOpen;
    /** Counts the times it was opened: what an earlier connection left unread is of no use to this one. */
    private int incarnation;

    /** The connection is there; bytes may be sent. */
    abstract void opened();

    /**
     * Bytes arrived. The subclass reads as many whole messages as there are.
     *
     * @return how many bytes were read; the rest comes again, with more behind it
     * @throws MalformedMessage closes the connection
     */
    abstract int received(byte[] bytes, int from, int to);

    /** The connection ended or never came to be, other than by {@link #close}. */
    abstract void closed(String reason);

    final boolean isOpen() {
        return isOpen;
    }

    /** Where to append what is to be sent; it goes out at the end of the pass. */
    final Bytes output() {
        if (!flushPlanned && loop != null) {
            flushPlanned = true;
            loop.hasOutput(this);
        }
        return output;
    }

    /** Closes without telling the subclass; what waits in the output is lost. */
    final void close() {
        isOpen = false;
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException _) {
            // the descriptor is gone either way
        }
        channel = null;
        output.clear();
        partial = NOTHING;
        partialLength = 0;
    }

    final void attach(Loop owner, SocketChannel socket, SelectionKey selectionKey) {
        loop = owner;
        channel = socket;
        key = selectionKey;
        flushPlanned = false;
        isOpen = true;
        incarnation++;
    }

    @Override
    public final void ready(SelectionKey selected) {
        if (channel == null || !selected.isValid()) {
            return;
        }
        try {
            if (selected.isConnectable()) {
                channel.finishConnect();
                selected.interestOps(SelectionKey.OP_READ);
                opened();
            } else {
                if (selected.isWritable()) {
                    selected.interestOps(SelectionKey.OP_READ);
                    output();
                }
                if (selected.isReadable()) {
                    read(channel);
                }
            }
        } catch (IOException | MalformedMessage e) {
            fail(String.valueOf(e.getMessage()));
        }
    }

    final void flush() {
        flushPlanned = false;
        if (channel == null || key == null || loop == null || output.length() == 0 || !channel.isConnected()) {
            return;
        }
        try {
            while (output.length() > 0) {
                ByteBuffer buffer = loop.transfer();
                buffer.put(output.array(), output.start(), Math.min(output.length(), buffer.capacity()));
                buffer.flip();
                output.skip(channel.write(buffer));
                if (buffer.hasRemaining()) {
                    key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                    return;
                }
            }
        } catch (IOException _) {
            // The peer is gone, but what it wrote before may still be there: reading finds that, and then the end.
            output.clear();
        }
    }

    private void read(SocketChannel socket) throws IOException {
        if (loop == null) {
            return;
        }
        ByteBuffer buffer = loop.transfer();
        int count = socket.read(buffer);
        if (count < 0) {
            fail("closed by the peer");
            return;
        }
        buffer.flip();
        byte[] bytes = loop.received(partialLength + count);
        System.arraycopy(partial, 0, bytes, 0, partialLength);
        buffer.get(bytes, partialLength, count);
        int length = partialLength + count;
        partialLength = 0;
        int before = incarnation;
        int used = received(bytes, 0, length);
        if (used < length && isOpen && incarnation == before) {
            keep(bytes, used, length - used);
        } else {
            partial = NOTHING;
        }
    }

    private void keep(byte[] bytes, int from, int length) {
        if (partial.length < length) {
            partial = new byte[length];
        }
        System.arraycopy(bytes, from, partial, 0, length);
        partialLength = length;
    }

    private void fail(String reason) {
        close();
        closed(reason);
    }
}
