package io.vmstore.testkit.contract;

import io.vmstore.CallOptions;
import io.vmstore.NasService;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A NAS whose caller, or the way to it, comes to an end at a chosen call: the call is not sent, or
 * its answer is not heard.
 */
final class CutNas {
  private static final Set<String> READING = Set.of("listZvols", "reconcile");

  private final NasService nas;
  private final int at;
  private final boolean sent;
  private final boolean told;
  private final AtomicInteger calls = new AtomicInteger();

  /** Completes when the chosen call has come, and has ended if it was sent. */
  final CompletableFuture<Void> reached = new CompletableFuture<>();

  /**
   * Makes it.
   *
   * @param at which of the calls that change something, counted from 0
   * @param sent whether that one is executed, and only its answer is lost
   * @param told whether the caller hears that no answer came; otherwise he hears nothing more, as
   *     one that was killed
   */
  CutNas(NasService nas, int at, boolean sent, boolean told) {
    this.nas = nas;
    this.at = at;
    this.sent = sent;
    this.told = told;
  }

  NasService service() {
    return (NasService)
        Proxy.newProxyInstance(
            NasService.class.getClassLoader(), new Class<?>[] {NasService.class}, this::call);
  }

  /** {@return how many calls came that change something} */
  int calls() {
    return calls.get();
  }

  private Object call(Object proxy, Method method, Object[] arguments) throws Throwable {
    if (READING.contains(method.getName())) {
      return reached.isDone() && !told ? new CompletableFuture<>() : invoke(method, arguments);
    }
    int number = calls.getAndIncrement();
    if (number != at) {
      return number > at && !told ? new CompletableFuture<>() : invoke(method, arguments);
    }
    CompletableFuture<?> executed =
        sent
            ? (CompletableFuture<?>) invoke(method, arguments)
            : CompletableFuture.completedFuture(null);
    CompletableFuture<Object> answer = new CompletableFuture<>();
    executed.whenComplete(
        (value, failure) -> {
          reached.complete(null);
          if (told) {
            answer.completeExceptionally(lost((CallOptions) arguments[arguments.length - 1]));
          }
        });
    return answer;
  }

  private static VmStoreException lost(CallOptions options) {
    return VmStoreException.builder(
            ErrorCode.DEADLINE_EXCEEDED, "no answer to '" + options.operation() + "'")
        .outcomeUnknown(true)
        .build();
  }

  private Object invoke(Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(nas, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
