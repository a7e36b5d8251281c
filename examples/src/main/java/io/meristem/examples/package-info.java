/** Small programs that use the library as any other program would. */
package io.meristem.examples;
