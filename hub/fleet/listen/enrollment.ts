import { create } from '@bufbuild/protobuf';
import { type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { type EnrollRequest, type EnrollResponse, EnrollResponseSchema } from '@roundhouse/proto/agent/v1/enrollment';
import { type RenewRequest, type RenewResponse, RenewResponseSchema } from '@roundhouse/proto/agent/v1/link';
import { Bucket } from '@roundhouse/proto/bucket';
import { printable } from '@roundhouse/proto/text';
import type { EnrollmentRules } from '../../domain/agents/fleet.js';
import { DomainError } from '../../domain/errors.js';
import type { SessionContext } from '../link/session.js';
import { versionConflict } from '../link/sessions.js';
import type { RefusalLog } from '../wire/failure.js';
import { type Authority, type IssuedCertificate, keyOf, readCertificateRequest } from './ca.js';

/** Issues certificates to agents: for a join token, or for a certificate that is about to expire. */
export class Enrollment {
  readonly #authority: Authority;
  readonly #rules: EnrollmentRules;
  readonly #context: SessionContext;
  readonly #refusals: RefusalLog;
  /** The renewals of each agent: ten at once, and one in ten seconds. An agent needs one in weeks. */
  readonly #renewals = new Map<string, Bucket>();

  constructor(authority: Authority, rules: EnrollmentRules, context: SessionContext, refusals: RefusalLog) {
    this.#authority = authority;
    this.#rules = rules;
    this.#context = context;
    this.#refusals = refusals;
  }

  enroll(call: ServerUnaryCall<EnrollRequest, EnrollResponse>, callback: sendUnaryData<EnrollResponse>): void {
    const peer = call.getPeer();
    this.#enroll(call.request, peer)
      .then((response) => callback(null, response))
      .catch((error: unknown) => {
        this.#context.counters.refusedEnrollments++;
        callback(this.#refusal(error, { peer, name: printable(call.request.name, 64) }));
      });
  }

  /** Renews the certificate of an agent that its certificate has identified. */
  renew(
    agentId: string,
    call: ServerUnaryCall<RenewRequest, RenewResponse>,
    callback: sendUnaryData<RenewResponse>,
  ): void {
    const renewals = this.#renewals.get(agentId) ?? new Bucket(0.1, 100);
    this.#renewals.set(agentId, renewals);
    if (!renewals.take(1)) {
      callback({ code: status.RESOURCE_EXHAUSTED, details: 'the agent renews its certificate too often' });
      return;
    }
    this.#issue(call.request.certificateRequest, () => Promise.resolve(agentId))
      .then(({ certificate, serial }) => {
        this.#context.log.info(
          { event: 'agent.certificate_renewed', agent: agentId, serial },
          'agent certificate renewed',
        );
        callback(null, create(RenewResponseSchema, { certificate, caCertificate: this.#authority.certificate }));
      })
      .catch((error: unknown) => callback(this.#refusal(error, { peer: call.getPeer(), agent: agentId })));
  }

  async #enroll(request: EnrollRequest, peer: string): Promise<EnrollResponse> {
    const name = printable(request.name, 64) || 'agent';
    const version = printable(request.version, 64);
    const conflict = versionConflict(this.#context.version, version);
    if (conflict !== undefined) throw new DomainError('conflict', conflict);
    // Before the certificate request is parsed: a client without a token costs the hub a look-up.
    this.#rules.checkToken(request.token);
    let site = '';
    let agentId = '';
    const { certificate, serial } = await this.#issue(request.certificateRequest, async (key) => {
      ({ agentId, site } = await this.#rules.redeem(request.token, { name, version, peer, key }));
      return agentId;
    });
    this.#context.counters.enrollments++;
    this.#context.log.info({ event: 'agent.enrolled', agent: agentId, name, site, peer, serial }, 'agent enrolled');
    return create(EnrollResponseSchema, { agentId, site, certificate, caCertificate: this.#authority.certificate });
  }

  /** @param agentId called only after the request was checked: a bad request uses up no token */
  async #issue(certificateRequest: Uint8Array, agentId: (key: string) => Promise<string>): Promise<IssuedCertificate> {
    const request = await readCertificateRequest(certificateRequest);
    const id = await agentId(keyOf(request));
    const issued = await this.#authority.issue(request, id, this.#context.settings.certificateDays);
    await this.#rules.issued(id, issued);
    return issued;
  }

  /** Logs a refusal with its reason; the refused client learns less. */
  #refusal(error: unknown, client: Record<string, string>): { code: status; details: string } {
    const { log } = this.#context;
    if (error instanceof DomainError && error.code === 'invalid_credential') {
      this.#refusals.warn(
        { event: 'agent.enrolment_refused', ...client, reason: error.details.reason },
        'enrolment refused',
      );
      return {
        code: status.UNAUTHENTICATED,
        details: 'the join token is not valid: it is unknown, was used already, has expired or was revoked',
      };
    }
    if (error instanceof DomainError && error.code === 'invalid_input') {
      this.#refusals.warn({ event: 'agent.enrolment_refused', ...client, reason: error.message }, 'enrolment refused');
      return { code: status.INVALID_ARGUMENT, details: error.message };
    }
    if (error instanceof DomainError && error.code === 'conflict') {
      this.#refusals.warn({ event: 'agent.enrolment_refused', ...client, reason: error.message }, 'enrolment refused');
      return { code: status.FAILED_PRECONDITION, details: error.message };
    }
    log.error({ event: 'agent.enrolment_failed', ...client, err: error }, 'enrolment failed');
    return { code: status.INTERNAL, details: 'the hub could not issue a certificate' };
  }
}
