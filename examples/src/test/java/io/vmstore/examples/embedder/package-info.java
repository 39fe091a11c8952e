/** How an embedder tests its own code: no NAS, no broker, a mock in place of {@code NasService}. */
@NullMarked
package io.vmstore.examples.embedder;

import org.jspecify.annotations.NullMarked;
