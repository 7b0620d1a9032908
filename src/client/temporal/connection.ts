/** The way to Temporal, and what its refusals mean to a person. */
import { Client, Connection, isGrpcServiceError, NamespaceNotFoundError } from '@temporalio/client';
import type { TemporalConfig } from '../../config/temporal.ts';
import { GRPC_CODE } from '../../common/grpc-code.ts';
import { infrastructure, Problem, usage } from '../../common/problem.ts';
import { orUp } from '../../common/program-name.ts';

const CONNECT_LIMIT = '5s';

export interface Temporal {
  readonly client: Client;
  readonly connection: Connection;
  readonly config: TemporalConfig;
}

/** @throws Problem (3) within seconds when nothing answers */
export async function connectTemporal(config: TemporalConfig): Promise<Temporal> {
  try {
    const connection = await Connection.connect({ ...config.connection, connectTimeout: CONNECT_LIMIT });
    return { connection, config, client: new Client({ connection, namespace: config.namespace }) };
  } catch (error) {
    throw isRefusal(error) ? asProblem(error, config) : doesNotAnswer(config, error);
  }
}

/** A call that failed, as one clear message; what is not Temporal's doing passes as it is. */
export function asProblem(error: unknown, config: TemporalConfig): unknown {
  if (error instanceof Problem) return error;
  const { address } = config.connection;
  if (error instanceof NamespaceNotFoundError)
    return infrastructure(
      `Temporal at ${address} has no namespace '${config.namespace}'; set TEMPORAL_NAMESPACE to one that it has`,
      error,
    );
  switch (codeOf(error)) {
    case GRPC_CODE.permissionDenied:
    case GRPC_CODE.unauthenticated:
      return infrastructure(
        `Temporal at ${address} does not allow this in namespace '${config.namespace}' (${detailsOf(error)}); ` +
          'check TEMPORAL_API_KEY or the TLS certificate',
        error,
      );
    case GRPC_CODE.invalidArgument:
      return usage(`Temporal refuses this: ${detailsOf(error)}`);
    case GRPC_CODE.unavailable:
    case GRPC_CODE.deadlineExceeded:
      return doesNotAnswer(config, error);
    case undefined:
      return error;
    default:
      return infrastructure(`Temporal at ${address}: ${detailsOf(error)}`, error);
  }
}

/** It may pass by itself: the server restarts, the network is away. */
export const mayPass = (error: unknown): boolean =>
  codeOf(error) === GRPC_CODE.unavailable || codeOf(error) === GRPC_CODE.deadlineExceeded;

/** Of an update or a query: the workflow's code throws, and Temporal tries it again and again. */
export const isStuck = (error: unknown): boolean => codeOf(error) === GRPC_CODE.failedPrecondition;

export const isNotFound = (error: unknown): boolean => codeOf(error) === GRPC_CODE.notFound;

const isRefusal = (error: unknown) =>
  codeOf(error) === GRPC_CODE.permissionDenied || codeOf(error) === GRPC_CODE.unauthenticated;

const doesNotAnswer = ({ connection }: TemporalConfig, cause: unknown) =>
  infrastructure(
    `Temporal at ${connection.address} does not answer: ${orUp('set TEMPORAL_ADDRESS to where yours is')}`,
    cause,
  );

/** The SDK wraps some gRPC errors, others come as they are. */
function grpcErrorOf(error: unknown) {
  if (isGrpcServiceError(error)) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  return isGrpcServiceError(cause) ? cause : undefined;
}

const codeOf = (error: unknown): number | undefined => grpcErrorOf(error)?.code;

const detailsOf = (error: unknown): string => grpcErrorOf(error)?.details ?? String(error);
