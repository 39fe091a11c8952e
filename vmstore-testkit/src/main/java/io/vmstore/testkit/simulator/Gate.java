package io.vmstore.testkit.simulator;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;

/**
 * Stands before a port: counts its calls, and lets a process die before or after any of them, or a
 * call fail before or after its effect.
 */
final class Gate {
  private static final Set<String> EFFECTS =
      Set.of(
          "ensure",
          "grow",
          "delete",
          "export",
          "unexport",
          "connect",
          "extend",
          "disconnect",
          "write",
          "remove");
  private static final Set<String> FREE =
      Set.of("targetOf", "chap", "close", "readAll", "toString");

  private final World world;
  private final SimulatedProcess process;
  private final Trouble trouble;

  Gate(World world, SimulatedProcess process, Trouble trouble) {
    this.world = world;
    this.process = process;
    this.trouble = trouble;
  }

  /** {@return the port behind this gate} */
  <T> T before(Class<T> port, T delegate) {
    return port.cast(
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (proxy, method, arguments) -> call(delegate, method, arguments)));
  }

  private Object call(Object delegate, Method method, Object[] arguments) throws Throwable {
    String name = method.getName();
    process.requireAlive(name);
    if (FREE.contains(name)) {
      return invoke(delegate, method, arguments);
    }
    world.steps++;
    maybeDie("before", name);
    maybeFail(name, false);
    Object result = invoke(delegate, method, arguments);
    if (EFFECTS.contains(name)) {
      world.note("{}: {} {}", process.name, name, arguments[0]);
      maybeDie("after", name);
      maybeFail(name, true);
    }
    return result;
  }

  /** Lets the process die here, if chance wants it. */
  void maybeDie(String when, String name) {
    if (world.troubled && world.chance.of(trouble.deaths())) {
      throw process.die(when + " " + name);
    }
  }

  private void maybeFail(String name, boolean afterwards) {
    if (world.troubled && world.chance.of(trouble.failures())) {
      world.note(
          "{}: {} fails {}", process.name, name, afterwards ? "after its effect" : "at once");
      throw VmStoreException.builder(
              afterwards ? ErrorCode.DEADLINE_EXCEEDED : ErrorCode.UNAVAILABLE, "cannot " + name)
          .reason("the simulation says so")
          .outcomeUnknown(afterwards)
          .build();
    }
  }

  private static Object invoke(Object delegate, Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(delegate, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
