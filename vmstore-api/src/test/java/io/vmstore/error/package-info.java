@NullMarked
package io.vmstore.error;

import org.jspecify.annotations.NullMarked;
