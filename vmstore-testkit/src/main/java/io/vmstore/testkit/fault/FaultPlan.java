package io.vmstore.testkit.fault;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Transport;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.ZvolManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong in one process, and when. Wrap the ports of the process with {@link
 * #wrap(ZvolManager)} and its siblings, then plan faults at any time:
 *
 * <pre>{@code
 * FaultPlan faults = new FaultPlan();
 * ZvolManager zvols = faults.wrap(fabric.zvolManager(pool));
 * faults.after(PortCall.ZVOL_ENSURE).crash();
 * Gate gate = faults.before(PortCall.EXPORT_EXPORT, 2).block();
 * }</pre>
 *
 * <p>A fault strikes once. Without one, a wrapped port is the port itself.
 *
 * <p>Thread safety: thread-safe.
 */
public final class FaultPlan {
  private final List<Planned> planned = new ArrayList<>();
  private final List<Gate> gates = new ArrayList<>();
  private final List<PortCall> begun = new ArrayList<>();
  private @Nullable String crashed;

  private enum Moment {
    BEFORE,
    AFTER
  }

  /** A fault that waits for its call: {@code passes} counts those it lets by. */
  private static final class Planned {
    final PortCall call;
    final Moment moment;
    final Consumer<PortCall> effect;
    int passes;

    Planned(PortCall call, Moment moment, int passes, Consumer<PortCall> effect) {
      this.call = call;
      this.moment = moment;
      this.passes = passes;
      this.effect = effect;
    }
  }

  /** Chooses what happens at a chosen moment. */
  public final class Fault {
    private final PortCall call;
    private final Moment moment;
    private final int number;

    private Fault(PortCall call, Moment moment, int number) {
      this.call = call;
      this.moment = moment;
      this.number = number;
    }

    /** Throws what the supplier makes. */
    public void fail(Supplier<? extends RuntimeException> failure) {
      plan(
          ignored -> {
            throw failure.get();
          });
    }

    /**
     * Throws a failure of the given code. After the call, when the effect has happened, its outcome
     * is unknown.
     */
    public void fail(ErrorCode code) {
      fail(
          () ->
              VmStoreException.builder(code, "call " + call + " was made to fail")
                  .reason("a test planned it")
                  .outcomeUnknown(moment == Moment.AFTER)
                  .build());
    }

    /** Lets the call hang until {@link Gate#release}. */
    public Gate block() {
      Gate gate = new Gate();
      synchronized (FaultPlan.this) {
        gates.add(gate);
      }
      plan(gate::pass);
      return gate;
    }

    /** Ends the process: this call and all later ones throw {@link SimulatedCrash}. */
    public void crash() {
      plan(ignored -> crashAt(moment + " " + call + " " + number));
    }

    private void plan(Consumer<PortCall> effect) {
      synchronized (FaultPlan.this) {
        planned.add(new Planned(call, moment, number - 1, effect));
      }
    }
  }

  /** {@return a choice of what happens before the next call of this kind has an effect} */
  public Fault before(PortCall call) {
    return before(call, 1);
  }

  /** {@return a choice of what happens before the n-th call from now, counted from 1} */
  public Fault before(PortCall call, int number) {
    return new Fault(call, Moment.BEFORE, number);
  }

  /** {@return a choice of what happens after the effect of the next call of this kind} */
  public Fault after(PortCall call) {
    return after(call, 1);
  }

  /** {@return a choice of what happens after the effect of the n-th call, counted from 1} */
  public Fault after(PortCall call, int number) {
    return new Fault(call, Moment.AFTER, number);
  }

  /** {@return the calls that began, in their order} */
  public synchronized List<PortCall> calls() {
    return List.copyOf(begun);
  }

  /** Forgets what is planned and what was called, lets all hanging calls go on, ends a crash. */
  public synchronized void clear() {
    planned.clear();
    begun.clear();
    gates.forEach(Gate::release);
    gates.clear();
    crashed = null;
  }

  /** {@return the port, under this plan} */
  public ZvolManager wrap(ZvolManager port) {
    return new FaultyZvolManager(port, this);
  }

  /** {@return the port, under this plan} */
  public TargetExporter wrap(TargetExporter port) {
    return new FaultyTargetExporter(port, this);
  }

  /** {@return the port, under this plan} */
  public TargetConnector wrap(TargetConnector port) {
    return new FaultyTargetConnector(port, this);
  }

  /** {@return the port, under this plan} */
  public VolumeConnector wrap(VolumeConnector port) {
    return new FaultyVolumeConnector(port, this);
  }

  /** Is between two changes of a machine that one call makes; nothing can hang here. */
  public void step() {
    around(PortCall.VOLUME_STEP, () -> {});
  }

  /** {@return the port, under this plan} */
  public StateStore wrap(StateStore port) {
    return new FaultyStateStore(port, this);
  }

  /** {@return the port, under this plan; requests only, not replies} */
  public Transport wrap(Transport port) {
    return new FaultyTransport(port, this);
  }

  <T> T around(PortCall call, Supplier<T> port) {
    reach(call, Moment.BEFORE);
    T result = port.get();
    reach(call, Moment.AFTER);
    return result;
  }

  void around(PortCall call, Runnable port) {
    reach(call, Moment.BEFORE);
    port.run();
    reach(call, Moment.AFTER);
  }

  private void reach(PortCall call, Moment moment) {
    // The effect runs outside the monitor: a call that hangs must not hold up others.
    due(call, moment).ifPresent(fault -> fault.effect.accept(call));
  }

  private synchronized Optional<Planned> due(PortCall call, Moment moment) {
    if (crashed != null) {
      throw new SimulatedCrash(crashed);
    }
    if (moment == Moment.BEFORE) {
      begun.add(call);
    }
    List<Planned> matching =
        planned.stream().filter(fault -> fault.call == call && fault.moment == moment).toList();
    Optional<Planned> due = matching.stream().filter(fault -> fault.passes == 0).findFirst();
    matching.forEach(fault -> fault.passes--);
    planned.removeIf(fault -> fault.passes < 0);
    return due;
  }

  private void crashAt(String where) {
    synchronized (this) {
      crashed = where;
    }
    throw new SimulatedCrash(where);
  }
}
