/** The whole jobs that a user asks for: train, evaluate, predict, allocate. Everything else is a part of one of them. */
package io.meristem.job;
