package io.vmstore.examples.daemon;

import io.vmstore.exec.Command;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lies around the ports of a daemon: with DEBUG on when it starts, a line for each call and
 * how long it took, which is where a request's time goes; and the {@link CrashPoints}.
 */
public final class Ports {
  private static final Logger LOG = LoggerFactory.getLogger(Ports.class);

  private Ports() {}

  /**
   * {@return the port itself, or one that is watched}
   *
   * @param name the port's name in the lines
   */
  public static <P> P watched(P port, Class<P> type, String name) {
    P inner = CrashPoints.in(port, type, name);
    return LOG.isDebugEnabled() ? timed(inner, type, name) : inner;
  }

  static <P> P timed(P port, Class<P> type, String name) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          long start = System.nanoTime();
          try {
            return method.invoke(port, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          } finally {
            LOG.debug(
                "{} {} us", call(name, method, arguments), (System.nanoTime() - start) / 1000);
          }
        };
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /** Of all arguments only commands, in which there are no secrets. */
  private static String call(String name, Method method, Object[] arguments) {
    return arguments != null && arguments[0] instanceof Command command
        ? "'" + command + "'"
        : name + "." + method.getName();
  }
}
