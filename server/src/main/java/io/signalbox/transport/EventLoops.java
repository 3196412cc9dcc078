package io.signalbox.transport;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.signalbox.session.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The event loops that HTTP and MQTT share, behind the port {@link Loop}. Any thread. */
public final class EventLoops {
    private final EventLoopGroup group;
    private final IdentityHashMap<EventExecutor, Loop> byExecutor = new IdentityHashMap<>();
    private final List<Loop> all = new ArrayList<>();

    public EventLoops(EventLoopGroup group) {
        this.group = group;
        for (EventExecutor executor : group) {
            Loop loop = new NettyLoop(executor);
            all.add(loop);
            byExecutor.put(executor, loop);
        }
    }

    /** Runs {@code task} when one of the loops has ended, for whatever reason. */
    public void whenDead(Runnable task) {
        byExecutor.keySet().forEach(loop -> loop.terminationFuture().addListener(_ -> task.run()));
    }

    public EventLoopGroup group() {
        return group;
    }

    public List<Loop> all() {
        return List.copyOf(all);
    }

    /** The loop that runs this executor's thread. */
    public Loop of(EventExecutor executor) {
        Loop loop = byExecutor.get(executor);
        if (loop == null) {
            throw new IllegalArgumentException("not one of the shared event loops: " + executor);
        }
        return loop;
    }

    private record NettyLoop(EventExecutor executor) implements Loop {
        @Override
        public boolean isCurrent() {
            return executor.inEventLoop();
        }

        @Override
        public void execute(Runnable task) {
            executor.execute(task);
        }

        @Override
        public Timer schedule(Duration delay, Runnable task) {
            Future<?> scheduled = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> {
                boolean _ = scheduled.cancel(false);
            };
        }
    }
}
