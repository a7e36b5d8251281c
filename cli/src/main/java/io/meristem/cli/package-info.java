/** Commands, progress and console tables; every command hands its work to a job of the library. */
package io.meristem.cli;
