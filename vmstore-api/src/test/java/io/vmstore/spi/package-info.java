@NullMarked
package io.vmstore.spi;

import org.jspecify.annotations.NullMarked;
