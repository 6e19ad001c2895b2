import { getLogger } from "@logtape/logtape";
import { type logCreator, logLevel } from "kafkajs";

/**
 * kafkajs's log, as debug lines of our own. It calls an error what is one step of a retry (a broker
 * that restarts, a group coordinator that is not there yet); whatever matters of these also arrives
 * here as a rejected promise and is reported where it is known what it means.
 */
export const kafkajsLog: logCreator = () => {
  const logger = getLogger(["ticklake", "kafka"]);
  return ({ namespace, log: { message, broker, error } }) => {
    logger.debug("kafkajs {namespace}: {message}", { namespace, message, broker, error });
  };
};

/** Levels that kafkajs hands over; below it every request would make an object for its log. */
export const KAFKAJS_LOG_LEVEL = logLevel.WARN;
