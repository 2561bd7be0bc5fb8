// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package infrastructure

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// KubernetesAPI has the operations of MCP Server on kubernetes.
type KubernetesAPI struct{ client *rest.Client }

// ListClusters: List all Kubernetes clusters.
//
//	GET /infrastructure/api/v1/kubernetes/clusters
func (api *KubernetesAPI) ListClusters(ctx context.Context, params *ListClustersParams, opts ...rest.Option) (*ListClustersResponse, error) {
	return rest.JSON[*ListClustersResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/kubernetes/clusters", Query: params}, opts)
}

// ListClustersAll: List all Kubernetes clusters. It reads page after page.
//
//	GET /infrastructure/api/v1/kubernetes/clusters
func (api *KubernetesAPI) ListClustersAll(ctx context.Context, params *ListClustersParams, opts ...rest.Option) *rest.Pages[Cluster] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]Cluster, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListClusters(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// CreateCluster: Add a Kubernetes cluster.
//
//	POST /infrastructure/api/v1/kubernetes/clusters
func (api *KubernetesAPI) CreateCluster(ctx context.Context, body CreateClusterBody, opts ...rest.Option) (*CreateClusterResponse, error) {
	return rest.JSON[*CreateClusterResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/kubernetes/clusters", Body: body, Unwrap: "data"}, opts)
}

// GetCluster: Get a Kubernetes cluster. clusterID: Id or name.
//
//	GET /infrastructure/api/v1/kubernetes/clusters/{cluster_id}
func (api *KubernetesAPI) GetCluster(ctx context.Context, clusterID string, opts ...rest.Option) (*GetClusterResponse, error) {
	return rest.JSON[*GetClusterResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/kubernetes/clusters/{cluster_id}", Args: []string{clusterID}, Unwrap: "data"}, opts)
}

// UpdateCluster: Update a Kubernetes cluster. clusterID: Id or name.
//
//	PUT /infrastructure/api/v1/kubernetes/clusters/{cluster_id}
func (api *KubernetesAPI) UpdateCluster(ctx context.Context, clusterID string, body UpdateClusterBody, opts ...rest.Option) (*UpdateClusterResponse, error) {
	return rest.JSON[*UpdateClusterResponse](ctx, api.client, rest.Request{Method: "PUT", Path: "/infrastructure/api/v1/kubernetes/clusters/{cluster_id}", Args: []string{clusterID}, Body: body, Unwrap: "data"}, opts)
}

// DeleteCluster: Remove a Kubernetes cluster. clusterID: Id or name.
//
//	DELETE /infrastructure/api/v1/kubernetes/clusters/{cluster_id}
func (api *KubernetesAPI) DeleteCluster(ctx context.Context, clusterID string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/infrastructure/api/v1/kubernetes/clusters/{cluster_id}", Args: []string{clusterID}, Unwrap: "data"}, opts)
}

// CheckCluster: Check a Kubernetes cluster now. clusterID: Id or name. The API’s document does not have it.
//
//	POST /infrastructure/api/v1/kubernetes/clusters/{cluster_id}/check
func (api *KubernetesAPI) CheckCluster(ctx context.Context, clusterID string, opts ...rest.Option) (*CheckClusterResponse, error) {
	return rest.JSON[*CheckClusterResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/kubernetes/clusters/{cluster_id}/check", Args: []string{clusterID}, Unwrap: "data"}, opts)
}

// ListNamespaces: List all namespaces in a cluster. clusterID: Id or name.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces
func (api *KubernetesAPI) ListNamespaces(ctx context.Context, clusterID string, params *ListNamespacesParams, opts ...rest.Option) (*ListNamespacesResponse, error) {
	return rest.JSON[*ListNamespacesResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces", Args: []string{clusterID}, Query: params}, opts)
}

// ListNamespacesAll: List all namespaces in a cluster. It reads page after page. clusterID: Id or name.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces
func (api *KubernetesAPI) ListNamespacesAll(ctx context.Context, clusterID string, params *ListNamespacesParams, opts ...rest.Option) *rest.Pages[Namespace] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]Namespace, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListNamespaces(ctx, clusterID, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// CreateNamespace: Create a namespace. clusterID: Id or name.
//
//	POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces
func (api *KubernetesAPI) CreateNamespace(ctx context.Context, clusterID string, body CreateNamespaceBody, opts ...rest.Option) (*Namespace, error) {
	return rest.JSON[*Namespace](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces", Args: []string{clusterID}, Body: body, Unwrap: "data"}, opts)
}

// ListPods: List all pods in a namespace. clusterID: Id or name. namespace: By RFC 1123, as the names of all that is in
// a cluster.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods
func (api *KubernetesAPI) ListPods(ctx context.Context, clusterID, namespace string, params *ListPodsParams, opts ...rest.Option) (*ListPodsResponse, error) {
	return rest.JSON[*ListPodsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods", Args: []string{clusterID, namespace}, Query: params}, opts)
}

// ListPodsAll: List all pods in a namespace. It reads page after page. clusterID: Id or name. namespace: By RFC 1123,
// as the names of all that is in a cluster.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods
func (api *KubernetesAPI) ListPodsAll(ctx context.Context, clusterID, namespace string, params *ListPodsParams, opts ...rest.Option) *rest.Pages[Pod] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]Pod, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListPods(ctx, clusterID, namespace, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// GetPod: Get a pod. clusterID: Id or name. namespace: By RFC 1123, as the names of all that is in a cluster. podName:
// Name.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}
func (api *KubernetesAPI) GetPod(ctx context.Context, clusterID, namespace, podName string, opts ...rest.Option) (*GetPodResponse, error) {
	return rest.JSON[*GetPodResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}", Args: []string{clusterID, namespace, podName}, Unwrap: "data"}, opts)
}

// ReadPodLog: Get logs for a pod. clusterID: Id or name. namespace: By RFC 1123, as the names of all that is in a
// cluster. podName: Name.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs
func (api *KubernetesAPI) ReadPodLog(ctx context.Context, clusterID, namespace, podName string, params *ReadPodLogParams, opts ...rest.Option) (*ReadPodLogResponse, error) {
	return rest.JSON[*ReadPodLogResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs", Args: []string{clusterID, namespace, podName}, Query: params, Unwrap: "data"}, opts)
}

// ReadPodLogStream: Get logs for a pod. The text comes as it is written, until the body is closed. clusterID: Id or
// name. namespace: By RFC 1123, as the names of all that is in a cluster. podName: Name.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs
func (api *KubernetesAPI) ReadPodLogStream(ctx context.Context, clusterID, namespace, podName string, params *ReadPodLogParams, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs", Args: []string{clusterID, namespace, podName}, Query: params, Unwrap: "data", Set: []string{"follow", "true"}}, opts)
}

// ExecInPod: Execute a command in a pod. clusterID: Id or name. namespace: By RFC 1123, as the names of all that is in
// a cluster. podName: Name.
//
//	POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/exec
func (api *KubernetesAPI) ExecInPod(ctx context.Context, clusterID, namespace, podName string, body ExecInPodBody, opts ...rest.Option) (*ExecInPodResponse, error) {
	return rest.JSON[*ExecInPodResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/exec", Args: []string{clusterID, namespace, podName}, Body: body, Unwrap: "data"}, opts)
}

// OpenPodTerminal: Open a terminal in a pod. clusterID: Id or name. namespace: By RFC 1123, as the names of all that is
// in a cluster. podName: Name. The API’s document does not have it.
//
//	POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/terminals
func (api *KubernetesAPI) OpenPodTerminal(ctx context.Context, clusterID, namespace, podName string, body *OpenPodTerminalBody, opts ...rest.Option) (*TerminalTicket, error) {
	return rest.JSON[*TerminalTicket](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/terminals", Args: []string{clusterID, namespace, podName}, Body: body, Unwrap: "data"}, opts)
}

// ListDeployments: List all deployments in a namespace. clusterID: Id or name. namespace: By RFC 1123, as the names of
// all that is in a cluster.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments
func (api *KubernetesAPI) ListDeployments(ctx context.Context, clusterID, namespace string, params *ListDeploymentsParams, opts ...rest.Option) (*ListDeploymentsResponse, error) {
	return rest.JSON[*ListDeploymentsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments", Args: []string{clusterID, namespace}, Query: params}, opts)
}

// ListDeploymentsAll: List all deployments in a namespace. It reads page after page. clusterID: Id or name. namespace:
// By RFC 1123, as the names of all that is in a cluster.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments
func (api *KubernetesAPI) ListDeploymentsAll(ctx context.Context, clusterID, namespace string, params *ListDeploymentsParams, opts ...rest.Option) *rest.Pages[Deployment] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]Deployment, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListDeployments(ctx, clusterID, namespace, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// CreateDeployment: Create a deployment. clusterID: Id or name. namespace: By RFC 1123, as the names of all that is in
// a cluster.
//
//	POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments
func (api *KubernetesAPI) CreateDeployment(ctx context.Context, clusterID, namespace string, body CreateDeploymentBody, opts ...rest.Option) (*Deployment, error) {
	return rest.JSON[*Deployment](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments", Args: []string{clusterID, namespace}, Body: body, Unwrap: "data"}, opts)
}

// GetDeployment: Get a deployment. clusterID: Id or name. namespace: By RFC 1123, as the names of all that is in a
// cluster. deploymentName: Name. The API’s document does not have it.
//
//	GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}
func (api *KubernetesAPI) GetDeployment(ctx context.Context, clusterID, namespace, deploymentName string, opts ...rest.Option) (*GetDeploymentResponse, error) {
	return rest.JSON[*GetDeploymentResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}", Args: []string{clusterID, namespace, deploymentName}, Unwrap: "data"}, opts)
}

// ScaleDeployment: Scale a deployment. clusterID: Id or name. namespace: By RFC 1123, as the names of all that is in a
// cluster. deploymentName: Name.
//
//	PUT /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/scale
func (api *KubernetesAPI) ScaleDeployment(ctx context.Context, clusterID, namespace, deploymentName string, body ScaleDeploymentBody, opts ...rest.Option) (*ScaleDeploymentResponse, error) {
	return rest.JSON[*ScaleDeploymentResponse](ctx, api.client, rest.Request{Method: "PUT", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/scale", Args: []string{clusterID, namespace, deploymentName}, Body: body, Unwrap: "data"}, opts)
}

// RestartDeployment: Restart a deployment. clusterID: Id or name. namespace: By RFC 1123, as the names of all that is
// in a cluster. deploymentName: Name. The API’s document does not have it.
//
//	POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/restart
func (api *KubernetesAPI) RestartDeployment(ctx context.Context, clusterID, namespace, deploymentName string, opts ...rest.Option) (*RestartDeploymentResponse, error) {
	return rest.JSON[*RestartDeploymentResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/restart", Args: []string{clusterID, namespace, deploymentName}, Unwrap: "data"}, opts)
}

// ListClustersSort is the value of ListClustersParams.Sort.
type ListClustersSort string

// Values of ListClustersSort.
const (
	ListClustersSortID            ListClustersSort = "id"
	ListClustersSortName          ListClustersSort = "name"
	ListClustersSortDescription   ListClustersSort = "description"
	ListClustersSortStatus        ListClustersSort = "status"
	ListClustersSortVersion       ListClustersSort = "version"
	ListClustersSortNodesCount    ListClustersSort = "nodes_count"
	ListClustersSortSite          ListClustersSort = "site"
	ListClustersSortCreatedAt     ListClustersSort = "created_at"
	ListClustersSortLastConnected ListClustersSort = "last_connected"
)

// ListClustersOrder is the value of ListClustersParams.Order.
type ListClustersOrder string

// Values of ListClustersOrder.
const (
	ListClustersOrderAsc  ListClustersOrder = "asc"
	ListClustersOrderDesc ListClustersOrder = "desc"
)

// ListClustersParams is the parameters of KubernetesAPI.ListClusters.
type ListClustersParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 10.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "created_at".
	Sort *ListClustersSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListClustersOrder `query:"order"`

	// Is: text; empty for none.
	ID *string `query:"id"`

	// Is: text; empty for none.
	Name *string `query:"name"`

	// Is: text; empty for none.
	Description *string `query:"description"`

	// Is: text; empty for none.
	Status *string `query:"status"`

	// Is: text; empty for none.
	Version *string `query:"version"`

	// Is: number; empty for none.
	NodesCount *string `query:"nodes_count"`

	// Is: text; empty for none.
	Site *string `query:"site"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	LastConnected *string `query:"last_connected"`

	// Conditions on fields: id, name, description, status, version, nodes_count, site, created_at, last_connected.
	Filters []rest.Filter `query:"*"`
}

// ListClustersResponse is the response of KubernetesAPI.ListClusters.
type ListClustersResponse struct {
	Data     []Cluster                    `json:"data"`
	Metadata ListClustersResponseMetadata `json:"metadata"`
}

// ListClustersResponseMetadata is the value of ListClustersResponse.Metadata.
type ListClustersResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}

// CreateClusterBody is the body of KubernetesAPI.CreateCluster.
type CreateClusterBody struct {
	Name        string        `json:"name"`
	Description *string       `json:"description,omitempty"`
	Config      ClusterConfig `json:"config"`

	// Extension: see `GET /api/sites`.
	Site *string `json:"site,omitempty"`
}

// CreateClusterResponse is the response of KubernetesAPI.CreateCluster.
type CreateClusterResponse struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Status      ConnectionStatus `json:"status"`

	// Empty: not known yet.
	Version string `json:"version"`

	NodesCount int64 `json:"nodes_count"`

	// Extension: the site whose agent connects to it.
	Site string `json:"site"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// Only where the status is `error`.
	Error *string `json:"error,omitempty"`

	// Extension: such as `unreachable`, `unauthorized`, `tls`.
	ErrorReason *string `json:"error_reason,omitempty"`
}

// GetClusterResponse is the response of KubernetesAPI.GetCluster.
type GetClusterResponse struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Status      ConnectionStatus `json:"status"`

	// Empty: not known yet.
	Version string `json:"version"`

	NodesCount int64 `json:"nodes_count"`

	// Extension: the site whose agent connects to it.
	Site string `json:"site"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// `null` for never.
	LastConnected *time.Time `json:"last_connected"`

	// Only where the status is `error`.
	Error *string `json:"error,omitempty"`

	// Extension: such as `unreachable`, `unauthorized`, `tls`.
	ErrorReason *string `json:"error_reason,omitempty"`

	// As of the last check.
	Nodes []ClusterNode `json:"nodes"`

	// Extension.
	Platform string `json:"platform"`

	// Extension.
	NamespacesCount *int64 `json:"namespaces_count"`

	// Extension.
	PodsCount *int64 `json:"pods_count"`

	// Extension: the kinds that the credentials may not see, which the answer leaves out.
	Forbidden []string `json:"forbidden"`

	// `null` for never.
	CheckedAt *time.Time `json:"checked_at"`

	// Extension: how it is reached, without credentials.
	Access GetClusterResponseAccess `json:"access"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}

// GetClusterResponseAccess is the value of GetClusterResponse.Access.
type GetClusterResponseAccess struct {
	Type                  GetClusterResponseAccessType `json:"type"`
	Host                  string                       `json:"host"`
	Context               string                       `json:"context"`
	InsecureSkipTLSVerify bool                         `json:"insecure_skip_tls_verify"`
	Timeout               float64                      `json:"timeout"`
}

// GetClusterResponseAccessType is the value of GetClusterResponseAccess.Type.
type GetClusterResponseAccessType string

// Values of GetClusterResponseAccessType.
const (
	GetClusterResponseAccessTypeKubeconfig GetClusterResponseAccessType = "kubeconfig"
	GetClusterResponseAccessTypeHost       GetClusterResponseAccessType = "host"
	GetClusterResponseAccessTypeAgent      GetClusterResponseAccessType = "agent"
)

// UpdateClusterBody is the body of KubernetesAPI.UpdateCluster.
type UpdateClusterBody struct {
	Name        *string        `json:"name,omitempty"`
	Description *string        `json:"description,omitempty"`
	Config      *ClusterConfig `json:"config,omitempty"`
}

// UpdateClusterResponse is the response of KubernetesAPI.UpdateCluster.
type UpdateClusterResponse struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Status      ConnectionStatus `json:"status"`

	// Empty: not known yet.
	Version string `json:"version"`

	NodesCount int64 `json:"nodes_count"`

	// Extension: the site whose agent connects to it.
	Site string `json:"site"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// Only where the status is `error`.
	Error *string `json:"error,omitempty"`

	// Extension: such as `unreachable`, `unauthorized`, `tls`.
	ErrorReason *string `json:"error_reason,omitempty"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}

// CheckClusterResponse is the response of KubernetesAPI.CheckCluster.
type CheckClusterResponse struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Status      ConnectionStatus `json:"status"`

	// Empty: not known yet.
	Version string `json:"version"`

	NodesCount int64 `json:"nodes_count"`

	// Extension: the site whose agent connects to it.
	Site string `json:"site"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// `null` for never.
	LastConnected *time.Time `json:"last_connected"`

	// Only where the status is `error`.
	Error *string `json:"error,omitempty"`

	// Extension: such as `unreachable`, `unauthorized`, `tls`.
	ErrorReason *string `json:"error_reason,omitempty"`

	// As of the last check.
	Nodes []ClusterNode `json:"nodes"`

	// Extension.
	Platform string `json:"platform"`

	// Extension.
	NamespacesCount *int64 `json:"namespaces_count"`

	// Extension.
	PodsCount *int64 `json:"pods_count"`

	// Extension: the kinds that the credentials may not see, which the answer leaves out.
	Forbidden []string `json:"forbidden"`

	// `null` for never.
	CheckedAt *time.Time `json:"checked_at"`

	// Extension: how it is reached, without credentials.
	Access CheckClusterResponseAccess `json:"access"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}

// CheckClusterResponseAccess is the value of CheckClusterResponse.Access.
type CheckClusterResponseAccess struct {
	Type                  CheckClusterResponseAccessType `json:"type"`
	Host                  string                         `json:"host"`
	Context               string                         `json:"context"`
	InsecureSkipTLSVerify bool                           `json:"insecure_skip_tls_verify"`
	Timeout               float64                        `json:"timeout"`
}

// CheckClusterResponseAccessType is the value of CheckClusterResponseAccess.Type.
type CheckClusterResponseAccessType string

// Values of CheckClusterResponseAccessType.
const (
	CheckClusterResponseAccessTypeKubeconfig CheckClusterResponseAccessType = "kubeconfig"
	CheckClusterResponseAccessTypeHost       CheckClusterResponseAccessType = "host"
	CheckClusterResponseAccessTypeAgent      CheckClusterResponseAccessType = "agent"
)

// ListNamespacesSort is the value of ListNamespacesParams.Sort.
type ListNamespacesSort string

// Values of ListNamespacesSort.
const (
	ListNamespacesSortName      ListNamespacesSort = "name"
	ListNamespacesSortStatus    ListNamespacesSort = "status"
	ListNamespacesSortCreatedAt ListNamespacesSort = "created_at"
)

// ListNamespacesOrder is the value of ListNamespacesParams.Order.
type ListNamespacesOrder string

// Values of ListNamespacesOrder.
const (
	ListNamespacesOrderAsc  ListNamespacesOrder = "asc"
	ListNamespacesOrderDesc ListNamespacesOrder = "desc"
)

// ListNamespacesParams is the parameters of KubernetesAPI.ListNamespaces.
type ListNamespacesParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 100.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "name".
	Sort *ListNamespacesSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListNamespacesOrder `query:"order"`

	// Extension: as Kubernetes reads it, such as `app=web,tier!=cache`.
	LabelSelector *string `query:"label_selector"`

	// Extension: as Kubernetes reads it, such as `status.phase=Running`.
	FieldSelector *string `query:"field_selector"`

	// Is: text; empty for none.
	Name *string `query:"name"`

	// Is: text; empty for none.
	Status *string `query:"status"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Conditions on fields: name, status, created_at.
	Filters []rest.Filter `query:"*"`
}

// ListNamespacesResponse is the response of KubernetesAPI.ListNamespaces.
type ListNamespacesResponse struct {
	Data     []Namespace                    `json:"data"`
	Metadata ListNamespacesResponseMetadata `json:"metadata"`
}

// ListNamespacesResponseMetadata is the value of ListNamespacesResponse.Metadata.
type ListNamespacesResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}

// CreateNamespaceBody is the body of KubernetesAPI.CreateNamespace.
type CreateNamespaceBody struct {
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// CreateNamespaceResponse is the response of KubernetesAPI.CreateNamespace.
type CreateNamespaceResponse = Namespace

// ListPodsSort is the value of ListPodsParams.Sort.
type ListPodsSort string

// Values of ListPodsSort.
const (
	ListPodsSortName         ListPodsSort = "name"
	ListPodsSortNamespace    ListPodsSort = "namespace"
	ListPodsSortStatus       ListPodsSort = "status"
	ListPodsSortPhase        ListPodsSort = "phase"
	ListPodsSortIP           ListPodsSort = "ip"
	ListPodsSortNode         ListPodsSort = "node"
	ListPodsSortReady        ListPodsSort = "ready"
	ListPodsSortRestartCount ListPodsSort = "restart_count"
	ListPodsSortCreatedAt    ListPodsSort = "created_at"
)

// ListPodsOrder is the value of ListPodsParams.Order.
type ListPodsOrder string

// Values of ListPodsOrder.
const (
	ListPodsOrderAsc  ListPodsOrder = "asc"
	ListPodsOrderDesc ListPodsOrder = "desc"
)

// ListPodsParams is the parameters of KubernetesAPI.ListPods.
type ListPodsParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 10.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "name".
	Sort *ListPodsSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListPodsOrder `query:"order"`

	// Extension: as Kubernetes reads it, such as `app=web,tier!=cache`.
	LabelSelector *string `query:"label_selector"`

	// Extension: as Kubernetes reads it, such as `status.phase=Running`.
	FieldSelector *string `query:"field_selector"`

	// Is: text; empty for none.
	Name *string `query:"name"`

	// Is: text; empty for none.
	Namespace *string `query:"namespace"`

	// Is: text; empty for none.
	Status *string `query:"status"`

	// Is: text; empty for none.
	Phase *string `query:"phase"`

	// Is: text; empty for none.
	IP *string `query:"ip"`

	// Is: text; empty for none.
	Node *string `query:"node"`

	// Is: `true` or `false`; empty for none.
	Ready *string `query:"ready"`

	// Is: number; empty for none.
	RestartCount *string `query:"restart_count"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Conditions on fields: name, namespace, status, phase, ip, node, ready, restart_count, created_at.
	Filters []rest.Filter `query:"*"`
}

// ListPodsResponse is the response of KubernetesAPI.ListPods.
type ListPodsResponse struct {
	Data     []Pod                    `json:"data"`
	Metadata ListPodsResponseMetadata `json:"metadata"`
}

// ListPodsResponseMetadata is the value of ListPodsResponse.Metadata.
type ListPodsResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}

// GetPodResponse is the response of KubernetesAPI.GetPod.
type GetPodResponse struct {
	Name string `json:"name"`

	// Extension.
	Namespace string `json:"namespace"`

	// The phase, or the reason for a delay: `CrashLoopBackOff`, `Terminating`, ….
	Status string `json:"status"`

	Phase string `json:"phase"`

	// Empty: none yet.
	IP string `json:"ip"`

	// Empty: none yet.
	Node string `json:"node"`

	// Extension.
	Ready bool `json:"ready"`

	// Extension: of all containers.
	RestartCount int64 `json:"restart_count"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	Containers  []Container            `json:"containers"`
	Labels      map[string]string      `json:"labels"`
	Annotations map[string]string      `json:"annotations"`
	Volumes     []GetPodResponseVolume `json:"volumes"`

	// Extension.
	InitContainers []Container `json:"init_containers"`

	// Extension.
	HostIP string `json:"host_ip"`

	// Extension.
	QosClass string `json:"qos_class"`

	// Extension.
	ServiceAccount string `json:"service_account"`

	Owner *GetPodResponseOwner `json:"owner"`

	// `null` for never.
	StartedAt *time.Time `json:"started_at"`

	// Extension.
	Conditions []Condition `json:"conditions"`

	// Extension: the newest 50, oldest first.
	Events []PodEvent `json:"events"`
}

// GetPodResponseVolume is the value of GetPodResponse.Volumes.
type GetPodResponseVolume struct {
	Name string `json:"name"`

	// Such as `config_map`.
	Type string `json:"type"`

	Details map[string]any `json:"details"`
}

// GetPodResponseOwner is the value of GetPodResponse.Owner.
type GetPodResponseOwner struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// ReadPodLogParams is the parameters of KubernetesAPI.ReadPodLog.
type ReadPodLogParams struct {
	// Required if the pod has several.
	Container *string `query:"container"`

	// How many of the last lines; default: all.
	TailLines *int64 `query:"tail_lines"`

	// Only lines of this many past seconds.
	SinceSeconds *int64 `query:"since_seconds"`

	// Each line begins with its time. Default: false.
	Timestamps *bool `query:"timestamps"`

	// Extension: of the container's life before its restart. Default: false.
	Previous *bool `query:"previous"`
}

// ReadPodLogResponse is the response of KubernetesAPI.ReadPodLog.
type ReadPodLogResponse struct {
	Logs string `json:"logs"`

	// Extension: it is longer than 8 MiB, and its last part is left out.
	Truncated bool `json:"truncated"`
}

// ExecInPodBody is the body of KubernetesAPI.ExecInPod.
type ExecInPodBody struct {
	// Required if the pod has several.
	Container *string `json:"container,omitempty"`

	// The program and its arguments; no shell reads them.
	Command []string `json:"command"`

	// The command's input, which ends there.
	Stdin *string `json:"stdin,omitempty"`

	// Give it a terminal: all output is in `stdout` then.
	Tty *bool `json:"tty,omitempty"`

	// Extension: seconds; then it is ended; default 60.
	Timeout *float64 `json:"timeout,omitempty"`
}

// ExecInPodResponse is the response of KubernetesAPI.ExecInPod.
type ExecInPodResponse struct {
	Stdout   string `json:"stdout"`
	Stderr   string `json:"stderr"`
	ExitCode int64  `json:"exit_code"`

	// Extension: of each output only the first MiB is kept.
	Truncated bool `json:"truncated"`

	// Extension.
	Container string `json:"container"`

	// Extension.
	DurationMs int64 `json:"duration_ms"`
}

// OpenPodTerminalBody is the body of KubernetesAPI.OpenPodTerminal.
type OpenPodTerminalBody struct {
	// Required if the pod has several.
	Container *string `json:"container,omitempty"`

	// The program and its arguments; no shell reads them; default: `/bin/sh`.
	Command []string `json:"command,omitempty"`
}

// OpenPodTerminalResponse is the response of KubernetesAPI.OpenPodTerminal.
type OpenPodTerminalResponse = TerminalTicket

// ListDeploymentsSort is the value of ListDeploymentsParams.Sort.
type ListDeploymentsSort string

// Values of ListDeploymentsSort.
const (
	ListDeploymentsSortName              ListDeploymentsSort = "name"
	ListDeploymentsSortNamespace         ListDeploymentsSort = "namespace"
	ListDeploymentsSortReplicas          ListDeploymentsSort = "replicas"
	ListDeploymentsSortReadyReplicas     ListDeploymentsSort = "ready_replicas"
	ListDeploymentsSortUpdatedReplicas   ListDeploymentsSort = "updated_replicas"
	ListDeploymentsSortAvailableReplicas ListDeploymentsSort = "available_replicas"
	ListDeploymentsSortStrategy          ListDeploymentsSort = "strategy"
	ListDeploymentsSortPaused            ListDeploymentsSort = "paused"
	ListDeploymentsSortCreatedAt         ListDeploymentsSort = "created_at"
)

// ListDeploymentsOrder is the value of ListDeploymentsParams.Order.
type ListDeploymentsOrder string

// Values of ListDeploymentsOrder.
const (
	ListDeploymentsOrderAsc  ListDeploymentsOrder = "asc"
	ListDeploymentsOrderDesc ListDeploymentsOrder = "desc"
)

// ListDeploymentsParams is the parameters of KubernetesAPI.ListDeployments.
type ListDeploymentsParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 10.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "name".
	Sort *ListDeploymentsSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListDeploymentsOrder `query:"order"`

	// Extension: as Kubernetes reads it, such as `app=web,tier!=cache`.
	LabelSelector *string `query:"label_selector"`

	// Extension: as Kubernetes reads it, such as `status.phase=Running`.
	FieldSelector *string `query:"field_selector"`

	// Is: text; empty for none.
	Name *string `query:"name"`

	// Is: text; empty for none.
	Namespace *string `query:"namespace"`

	// Is: number; empty for none.
	Replicas *string `query:"replicas"`

	// Is: number; empty for none.
	ReadyReplicas *string `query:"ready_replicas"`

	// Is: number; empty for none.
	UpdatedReplicas *string `query:"updated_replicas"`

	// Is: number; empty for none.
	AvailableReplicas *string `query:"available_replicas"`

	// Is: text; empty for none.
	Strategy *string `query:"strategy"`

	// Is: `true` or `false`; empty for none.
	Paused *string `query:"paused"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Conditions on fields: name, namespace, replicas, ready_replicas, updated_replicas, available_replicas, strategy,
	// paused, created_at.
	Filters []rest.Filter `query:"*"`
}

// ListDeploymentsResponse is the response of KubernetesAPI.ListDeployments.
type ListDeploymentsResponse struct {
	Data     []Deployment                    `json:"data"`
	Metadata ListDeploymentsResponseMetadata `json:"metadata"`
}

// ListDeploymentsResponseMetadata is the value of ListDeploymentsResponse.Metadata.
type ListDeploymentsResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}

// CreateDeploymentBody is the body of KubernetesAPI.CreateDeployment.
type CreateDeploymentBody struct {
	Name        string                        `json:"name"`
	Replicas    *int64                        `json:"replicas,omitempty"`
	Labels      map[string]string             `json:"labels,omitempty"`
	Annotations map[string]string             `json:"annotations,omitempty"`
	Selector    *CreateDeploymentBodySelector `json:"selector,omitempty"`
	Template    PodTemplate                   `json:"template"`

	// Extension.
	Strategy *CreateDeploymentBodyStrategy `json:"strategy,omitempty"`

	MinReadySeconds         *int64 `json:"min_ready_seconds,omitempty"`
	ProgressDeadlineSeconds *int64 `json:"progress_deadline_seconds,omitempty"`
	RevisionHistoryLimit    *int64 `json:"revision_history_limit,omitempty"`
	Paused                  *bool  `json:"paused,omitempty"`
}

// CreateDeploymentBodySelector is the value of CreateDeploymentBody.Selector.
type CreateDeploymentBodySelector struct {
	MatchLabels map[string]string `json:"match_labels,omitempty"`

	// Further members, sent with the others.
	More map[string]any `json:"-"`
}

// CreateDeploymentBodyStrategy is the value of CreateDeploymentBody.Strategy.
type CreateDeploymentBodyStrategy struct {
	Type *string `json:"type,omitempty"`

	// Further members, sent with the others.
	More map[string]any `json:"-"`
}

// CreateDeploymentResponse is the response of KubernetesAPI.CreateDeployment.
type CreateDeploymentResponse = Deployment

// GetDeploymentResponse is the response of KubernetesAPI.GetDeployment.
type GetDeploymentResponse struct {
	Name string `json:"name"`

	// Extension.
	Namespace string `json:"namespace"`

	// The desired number.
	Replicas int64 `json:"replicas"`

	AvailableReplicas int64 `json:"available_replicas"`

	// Extension.
	ReadyReplicas int64 `json:"ready_replicas"`

	// Extension.
	UpdatedReplicas int64 `json:"updated_replicas"`

	Strategy string `json:"strategy"`

	// Extension.
	Paused bool `json:"paused"`

	// Extension.
	Images []string `json:"images"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	Labels      map[string]string `json:"labels"`
	Selector    map[string]string `json:"selector"`
	Annotations map[string]string `json:"annotations"`
	Conditions  []Condition       `json:"conditions"`
}

// ScaleDeploymentBody is the body of KubernetesAPI.ScaleDeployment.
type ScaleDeploymentBody struct {
	Replicas int64 `json:"replicas"`

	// Extension: answer once they are available, after this many seconds at most.
	Wait *float64 `json:"wait,omitempty"`
}

// ScaleDeploymentResponse is the response of KubernetesAPI.ScaleDeployment.
type ScaleDeploymentResponse struct {
	Name              string `json:"name"`
	Replicas          int64  `json:"replicas"`
	AvailableReplicas int64  `json:"available_replicas"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}

// RestartDeploymentResponse is the response of KubernetesAPI.RestartDeployment.
type RestartDeploymentResponse struct {
	Name string `json:"name"`

	// Extension.
	Namespace string `json:"namespace"`

	// The desired number.
	Replicas int64 `json:"replicas"`

	AvailableReplicas int64 `json:"available_replicas"`

	// Extension.
	ReadyReplicas int64 `json:"ready_replicas"`

	// Extension.
	UpdatedReplicas int64 `json:"updated_replicas"`

	Strategy string `json:"strategy"`

	// Extension.
	Paused bool `json:"paused"`

	// Extension.
	Images []string `json:"images"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	Labels map[string]string `json:"labels"`

	// UTC, ISO 8601.
	RestartedAt time.Time `json:"restarted_at"`
}
