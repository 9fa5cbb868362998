namespace Lapse.Domain.Rbac.Findings;

/// <content>What the API server (1.20 to 1.36) and kubeadm make by themselves, as the union over the versions.</content>
/// <remarks>
/// Facts from kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy (its testdata) and cmd/kubeadm/app/phases.
/// A role is a line with its kind and name, the label that it aggregates (&lt;) or carries (&gt;), and a line for each rule: verbs,
/// groups, resources, names (=). A binding is one line. A ClusterRole of a controller is bound to the ServiceAccount of its name.
/// </remarks>
public static partial class KubernetesDefaults
{
    private const string Text = """
        ClusterRole admin <aggregate-to-admin
        ClusterRole cluster-admin
          * * *
          * url *
        ClusterRole edit <aggregate-to-edit >aggregate-to-admin
        ClusterRole system:aggregate-to-admin >aggregate-to-admin
          create authorization.k8s.io localsubjectaccessreviews
          all rbac.authorization.k8s.io rolebindings,roles
        ClusterRole system:aggregate-to-edit >aggregate-to-edit
          create core pods/eviction,serviceaccounts/token
          all core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
          create,delete,deletecollection,impersonate,patch,update core serviceaccounts
          write core configmaps,endpoints,events,persistentvolumeclaims,pods,replicationcontrollers,services
          write core,extensions replicationcontrollers/scale
          write apps statefulsets,statefulsets/scale
          write apps,extensions daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale
          write autoscaling horizontalpodautoscalers
          write batch cronjobs,jobs
          all coordination.k8s.io leases
          write extensions,networking.k8s.io ingresses,networkpolicies
          write policy poddisruptionbudgets
          write resource.k8s.io podschedulingcontexts,resourceclaims,resourceclaimtemplates
        ClusterRole system:aggregate-to-view >aggregate-to-view
          read core bindings,configmaps,endpoints,events,limitranges,namespaces,namespaces/status,persistentvolumeclaims,persistentvolumeclaims/status,pods,pods/log,pods/status,replicationcontrollers,replicationcontrollers/status,resourcequotas,resourcequotas/status,serviceaccounts,services,services/status
          read core,extensions replicationcontrollers/scale
          read apps controllerrevisions,statefulsets,statefulsets/scale,statefulsets/status
          read apps,extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status
          read autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
          read batch cronjobs,cronjobs/status,jobs,jobs/status
          read discovery.k8s.io endpointslices
          read extensions,networking.k8s.io ingresses,ingresses/status,networkpolicies
          read policy poddisruptionbudgets,poddisruptionbudgets/status
          read resource.k8s.io podschedulingcontexts,podschedulingcontexts/status,resourceclaims,resourceclaims/status,resourceclaimtemplates
        ClusterRole system:auth-delegator
          create authentication.k8s.io tokenreviews
          create authorization.k8s.io subjectaccessreviews
        ClusterRole system:basic-user
          create authentication.k8s.io selfsubjectreviews
          create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
        ClusterRole system:certificates.k8s.io:certificatesigningrequests:nodeclient
          create certificates.k8s.io certificatesigningrequests/nodeclient
        ClusterRole system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
          create certificates.k8s.io certificatesigningrequests/selfnodeclient
        ClusterRole system:certificates.k8s.io:kube-apiserver-client-approver
          approve certificates.k8s.io signers =kubernetes.io/kube-apiserver-client
        ClusterRole system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
          approve certificates.k8s.io signers =kubernetes.io/kube-apiserver-client-kubelet
        ClusterRole system:certificates.k8s.io:kubelet-serving-approver
          approve certificates.k8s.io signers =kubernetes.io/kubelet-serving
        ClusterRole system:certificates.k8s.io:legacy-unknown-approver
          approve certificates.k8s.io signers =kubernetes.io/legacy-unknown
        ClusterRole system:cluster-trust-bundle-discovery
          read certificates.k8s.io clustertrustbundles
        ClusterRole system:controller:attachdetach-controller
          read core nodes
          list,watch core persistentvolumeclaims,persistentvolumes,pods
          patch,update core nodes/status
          create,patch,update core,events.k8s.io events
          create,delete,get,list,watch storage.k8s.io volumeattachments
          read storage.k8s.io csidrivers,csinodes
        ClusterRole system:controller:certificate-controller
          create,patch,update core,events.k8s.io events
          create authorization.k8s.io subjectaccessreviews
          delete,get,list,watch certificates.k8s.io certificatesigningrequests
          update certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status
          sign certificates.k8s.io signers =kubernetes.io/kube-apiserver-client,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
          approve,sign certificates.k8s.io signers =kubernetes.io/kube-apiserver-client-kubelet
        ClusterRole system:controller:clusterrole-aggregation-controller
          escalate,get,list,patch,update,watch rbac.authorization.k8s.io clusterroles
        ClusterRole system:controller:cronjob-controller
          delete,list,watch core pods
          create,patch,update core,events.k8s.io events
          create,delete,get,list,patch,update,watch batch jobs
          get,list,update,watch batch cronjobs
          update batch cronjobs/finalizers,cronjobs/status
        ClusterRole system:controller:daemon-set-controller
          create core pods/binding
          create,delete,list,patch,watch core pods
          list,watch core nodes
          create,patch,update core,events.k8s.io events
          create,delete,get,list,patch,update,watch apps controllerrevisions
          read apps,extensions daemonsets
          update apps,extensions daemonsets/finalizers,daemonsets/status
        ClusterRole system:controller:deployment-controller
          get,list,update,watch core pods
          create,patch,update core,events.k8s.io events
          create,delete,get,list,patch,update,watch apps,extensions replicasets
          get,list,update,watch apps,extensions deployments
          update apps,extensions deployments/finalizers,deployments/status
        ClusterRole system:controller:device-taint-eviction-controller
          delete,get,list,watch core pods
          patch,update core pods/status
          create,patch,update core,events.k8s.io events
          read resource.k8s.io deviceclasses,devicetaintrules,resourceclaims,resourceslices
          patch,update resource.k8s.io devicetaintrules/status
        ClusterRole system:controller:disruption-controller
          read core replicationcontrollers
          patch,update core pods/status
          create,patch,update core,events.k8s.io events
          get * */scale
          read apps statefulsets
          read apps,extensions deployments,replicasets
          read policy poddisruptionbudgets
          update policy poddisruptionbudgets/status
        ClusterRole system:controller:endpoint-controller
          create core endpoints/restricted
          create,delete,get,list,update,watch core endpoints
          read core pods,services
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:endpointslice-controller
          read core nodes,pods,services
          update core services/finalizers
          create,patch,update core,events.k8s.io events
          create,delete,get,list,update,watch discovery.k8s.io endpointslices
        ClusterRole system:controller:endpointslicemirroring-controller
          read core endpoints,services
          update core endpoints/finalizers,services/finalizers
          create,patch,update core,events.k8s.io events
          create,delete,get,list,update,watch discovery.k8s.io endpointslices
        ClusterRole system:controller:ephemeral-volume-controller
          create,get,list,watch core persistentvolumeclaims
          read core pods
          update core pods/finalizers
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:expand-controller
          get core endpoints,secrets,services
          get,list,patch,update,watch core persistentvolumes
          read core persistentvolumeclaims
          patch,update core persistentvolumeclaims/status
          create,patch,update core,events.k8s.io events
          read storage.k8s.io storageclasses
        ClusterRole system:controller:generic-garbage-collector
          create,patch,update core,events.k8s.io events
          delete,get,list,patch,update,watch * *
        ClusterRole system:controller:horizontal-pod-autoscaler
          get core services/proxy =http:heapster:,https:heapster:
          create,patch,update core,events.k8s.io events
          list,watch core,metrics.k8s.io pods
          get,update * */scale
          read autoscaling horizontalpodautoscalers
          update autoscaling horizontalpodautoscalers/status
          read custom.metrics.k8s.io,external.metrics.k8s.io *
        ClusterRole system:controller:job-controller
          create,delete,list,patch,watch core pods
          create,patch,update core,events.k8s.io events
          get,list,patch,update,watch batch jobs
          update batch jobs/finalizers,jobs/status
          create,get,list,patch,update,watch scheduling.k8s.io podgroups,workloads
        ClusterRole system:controller:kube-apiserver-serving-clustertrustbundle-publisher
          create,patch,update core,events.k8s.io events
          create,delete,list,update,watch certificates.k8s.io clustertrustbundles
          attest certificates.k8s.io signers =kubernetes.io/kube-apiserver-serving
        ClusterRole system:controller:legacy-service-account-token-cleaner
          delete,patch core secrets
          get core configmaps =kube-apiserver-legacy-service-account-token-tracking
        ClusterRole system:controller:namespace-controller
          delete,get,list,watch core namespaces
          update core namespaces/finalize,namespaces/status
          delete,deletecollection,get,list,watch * *
        ClusterRole system:controller:node-controller
          delete,get,list,patch,update,watch core nodes
          delete,get,list,watch core pods
          patch,update core nodes/status,pods/status
          create,patch,update core,events.k8s.io events
          read coordination.k8s.io leases
        ClusterRole system:controller:persistent-volume-binder
          create,delete,get core services
          create,delete,get,list,update,watch core persistentvolumes
          create,delete,get,list,watch core pods
          create,delete,get,update core endpoints
          create,patch,update,watch core events
          get core secrets
          get,list,update,watch core persistentvolumeclaims
          read core nodes
          update core persistentvolumeclaims/status,persistentvolumes/status
          create,patch,update events.k8s.io events
          read storage.k8s.io storageclasses
        ClusterRole system:controller:pod-garbage-collector
          delete,list,watch core pods
          read core nodes
          patch core pods/status
        ClusterRole system:controller:podcertificaterequestcleaner
          delete,get,list,watch certificates.k8s.io podcertificaterequests
        ClusterRole system:controller:podgroup-protection-controller
          read core pods
          get,list,update,watch scheduling.k8s.io podgroups
        ClusterRole system:controller:pv-protection-controller
          get,list,update,watch core persistentvolumes
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:pvc-protection-controller
          get,list,update,watch core persistentvolumeclaims
          read core pods
          update core persistentvolumeclaims/status
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:replicaset-controller
          create,delete,list,patch,watch core pods
          create,patch,update core,events.k8s.io events
          get,list,update,watch apps,extensions replicasets
          update apps,extensions replicasets/finalizers,replicasets/status
        ClusterRole system:controller:replication-controller
          create,delete,list,patch,watch core pods
          get,list,update,watch core replicationcontrollers
          update core replicationcontrollers/finalizers,replicationcontrollers/status
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:resource-claim-controller
          read core pods
          patch,update core pods/status
          update core pods/finalizers
          create,patch,update core,events.k8s.io events
          create,delete,get,list,patch,update,watch resource.k8s.io resourceclaims
          get,list,patch,update,watch resource.k8s.io podschedulingcontexts
          patch,update resource.k8s.io resourceclaims/binding,resourceclaims/status
          read scheduling.k8s.io podgroups
          patch,update scheduling.k8s.io podgroups/status
        ClusterRole system:controller:resourcepoolstatusrequest-controller
          create,patch,update core,events.k8s.io events
          delete,get,list,watch resource.k8s.io resourcepoolstatusrequests
          read resource.k8s.io devicetaintrules,resourceclaims,resourceslices
          patch,update resource.k8s.io resourcepoolstatusrequests/status
        ClusterRole system:controller:resourcequota-controller
          update core resourcequotas/status
          create,patch,update core,events.k8s.io events
          list,watch * *
        ClusterRole system:controller:root-ca-cert-publisher
          create,update core configmaps
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:route-controller
          list,watch core nodes
          patch core nodes/status
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:selinux-warning-controller
          read core persistentvolumeclaims,persistentvolumes,pods
          create,patch,update core,events.k8s.io events
          read storage.k8s.io csidrivers
        ClusterRole system:controller:service-account-controller
          create core serviceaccounts
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:service-cidrs-controller
          create,patch,update core,events.k8s.io events
          get,list,patch,update,watch networking.k8s.io servicecidrs
          read networking.k8s.io ipaddresses
          patch,update networking.k8s.io servicecidrs/finalizers,servicecidrs/status
        ClusterRole system:controller:service-controller
          read core services
          list,watch core nodes
          patch,update core services/status
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:statefulset-controller
          create,delete,get,list,patch,update,watch core pods
          create,delete,get,update core persistentvolumeclaims
          update core pods/finalizers
          create,patch,update core,events.k8s.io events
          create,delete,get,list,patch,update,watch apps controllerrevisions
          read apps statefulsets
          update apps statefulsets/finalizers,statefulsets/status
        ClusterRole system:controller:storage-version-garbage-collector
          read coordination.k8s.io leases
          delete,get,list,patch,update,watch internal.apiserver.k8s.io storageversions
          get,patch,update internal.apiserver.k8s.io storageversions/status
        ClusterRole system:controller:storage-version-migrator-controller
          list,patch * *
          get apiextensions.k8s.io customresourcedefinitions
          patch apiextensions.k8s.io customresourcedefinitions/status
          get,list,update,watch storagemigration.k8s.io storageversionmigrations
          update storagemigration.k8s.io storageversionmigrations/status
        ClusterRole system:controller:ttl-after-finished-controller
          create,patch,update core,events.k8s.io events
          delete,get,list,watch batch jobs
        ClusterRole system:controller:ttl-controller
          list,patch,update,watch core nodes
          create,patch,update core,events.k8s.io events
        ClusterRole system:controller:validatingadmissionpolicy-status-controller
          create,patch,update core,events.k8s.io events
          read admissionregistration.k8s.io validatingadmissionpolicies
          get,patch,update admissionregistration.k8s.io validatingadmissionpolicies/status
        ClusterRole system:controller:volumeattributesclass-protection-controller
          read core persistentvolumeclaims,persistentvolumes
          create,patch,update core,events.k8s.io events
          get,list,update,watch storage.k8s.io volumeattributesclasses
        ClusterRole system:discovery
          get url /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/
        ClusterRole system:heapster
          read core events,namespaces,nodes,pods
          read extensions deployments
        ClusterRole system:kube-aggregator
          read core endpoints,services
        ClusterRole system:kube-controller-manager
          create core endpoints,serviceaccounts/token
          create,delete,get,update core secrets
          create,get,update core serviceaccounts
          get core configmaps,namespaces
          get,update core endpoints =kube-controller-manager
          create,patch,update core,events.k8s.io events
          list,watch * *
          create authentication.k8s.io tokenreviews
          create authorization.k8s.io subjectaccessreviews
          create coordination.k8s.io leases
          get,update coordination.k8s.io leases =kube-controller-manager
        ClusterRole system:kube-dns
          list,watch core endpoints,services
        ClusterRole system:kube-scheduler
          create core bindings,endpoints,pods/binding
          delete,get,list,watch core pods
          get,list,patch,update,watch core pods/finalizers
          read core namespaces,nodes,persistentvolumeclaims,persistentvolumes,replicationcontrollers,services
          patch,update core pods/status
          get,update core endpoints =kube-scheduler
          create,patch,update core,events.k8s.io events
          read apps statefulsets
          read apps,extensions replicasets
          create authentication.k8s.io tokenreviews
          create authorization.k8s.io subjectaccessreviews
          create coordination.k8s.io leases
          all coordination.k8s.io leasecandidates
          get,list,update,watch coordination.k8s.io leases =kube-scheduler
          read policy poddisruptionbudgets
          create,delete,get,list,patch,update,watch resource.k8s.io podschedulingcontexts,podschedulingcontexts/status
          get,list,patch,update,watch resource.k8s.io resourceclaims,resourceclaims/status
          read resource.k8s.io deviceclasses,devicetaintrules,resourceclaimparameters,resourceclasses,resourceclassparameters,resourceslices
          read scheduling.k8s.io podgroups,workloads
          patch,update scheduling.k8s.io podgroups/status
          read storage.k8s.io csidrivers,csinodes,csistoragecapacities,volumeattachments
        ClusterRole system:kubelet-api-admin
          * core nodes/configz,nodes/healthz,nodes/log,nodes/metrics,nodes/pods,nodes/proxy,nodes/spec,nodes/stats
          get,list,proxy,watch core nodes
        ClusterRole system:monitoring
          get url /flagz,/healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*,/statusz
        ClusterRole system:node
          create core pods/eviction,serviceaccounts/token
          create,delete,get,list,watch core pods
          create,get,list,patch,update,watch core nodes
          create,patch,update core events
          get core endpoints,persistentvolumeclaims,persistentvolumes,serviceaccounts
          read core configmaps,secrets,services
          get,patch,update core persistentvolumeclaims/status
          patch,update core nodes/status,pods/status
          create authentication.k8s.io tokenreviews
          create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews
          create,get,list,watch certificates.k8s.io certificatesigningrequests,podcertificaterequests
          read certificates.k8s.io clustertrustbundles
          create,delete,get,patch,update coordination.k8s.io leases
          read node.k8s.io runtimeclasses
          deletecollection resource.k8s.io resourceslices
          get resource.k8s.io resourceclaims
          create,delete,get,patch,update storage.k8s.io csinodes
          get storage.k8s.io volumeattachments
          read storage.k8s.io csidrivers
        ClusterRole system:node-bootstrapper
          create,get,list,watch certificates.k8s.io certificatesigningrequests
        ClusterRole system:node-problem-detector
          get core nodes
          patch core nodes/status
          create,patch,update core,events.k8s.io events
        ClusterRole system:node-proxier
          read core nodes
          list,watch core endpoints,services
          create,patch,update core,events.k8s.io events
          list,watch discovery.k8s.io endpointslices
          list,watch networking.k8s.io servicecidrs
        ClusterRole system:persistent-volume-provisioner
          create,delete,get,list,watch core persistentvolumes
          create,patch,update,watch core events
          get,list,update,watch core persistentvolumeclaims
          create,patch,update events.k8s.io events
          read storage.k8s.io storageclasses
        ClusterRole system:public-info-viewer
          get url /healthz,/livez,/readyz,/version,/version/
        ClusterRole system:service-account-issuer-discovery
          get url /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/
        ClusterRole system:volume-scheduler
          get,list,patch,update,watch core persistentvolumeclaims,persistentvolumes
          read storage.k8s.io storageclasses
        ClusterRole view <aggregate-to-view >aggregate-to-edit
        Role kube-public/system:controller:bootstrap-signer
          read core configmaps
          update core configmaps =cluster-info
          create,patch,update core,events.k8s.io events
        Role kube-system/extension-apiserver-authentication-reader
          read core configmaps =extension-apiserver-authentication
        Role kube-system/system::leader-locking-kube-controller-manager
          watch core configmaps
          get,update core configmaps =kube-controller-manager
          create,get,list,update,watch coordination.k8s.io leasecandidates,leases
        Role kube-system/system::leader-locking-kube-scheduler
          watch core configmaps
          get,update core configmaps =kube-scheduler
          create,get,list,update,watch coordination.k8s.io leasecandidates,leases
        Role kube-system/system:controller:bootstrap-signer
          read core secrets
        Role kube-system/system:controller:cloud-provider
          create,get,list,watch core configmaps
        Role kube-system/system:controller:token-cleaner
          delete,get,list,watch core secrets
          create,patch,update core,events.k8s.io events
        ClusterRoleBinding cluster-admin = ClusterRole cluster-admin; Group system:masters
        ClusterRoleBinding system:basic-user = ClusterRole system:basic-user; Group system:authenticated
        ClusterRoleBinding system:discovery = ClusterRole system:discovery; Group system:authenticated
        ClusterRoleBinding system:kube-controller-manager = ClusterRole system:kube-controller-manager; User system:kube-controller-manager
        ClusterRoleBinding system:kube-dns = ClusterRole system:kube-dns; ServiceAccount kube-system/kube-dns
        ClusterRoleBinding system:kube-scheduler = ClusterRole system:kube-scheduler; User system:kube-scheduler
        ClusterRoleBinding system:monitoring = ClusterRole system:monitoring; Group system:monitoring
        ClusterRoleBinding system:node = ClusterRole system:node
        ClusterRoleBinding system:node-proxier = ClusterRole system:node-proxier; User system:kube-proxy
        ClusterRoleBinding system:public-info-viewer = ClusterRole system:public-info-viewer; Group system:authenticated; Group system:unauthenticated
        ClusterRoleBinding system:service-account-issuer-discovery = ClusterRole system:service-account-issuer-discovery; Group system:serviceaccounts
        ClusterRoleBinding system:volume-scheduler = ClusterRole system:volume-scheduler; User system:kube-scheduler
        RoleBinding kube-public/system:controller:bootstrap-signer = Role system:controller:bootstrap-signer; ServiceAccount kube-system/bootstrap-signer
        RoleBinding kube-system/system::extension-apiserver-authentication-reader = Role extension-apiserver-authentication-reader; User system:kube-controller-manager; User system:kube-scheduler
        RoleBinding kube-system/system::leader-locking-kube-controller-manager = Role system::leader-locking-kube-controller-manager; User system:kube-controller-manager; ServiceAccount kube-system/kube-controller-manager; ServiceAccount kube-system/leader-election-controller
        RoleBinding kube-system/system::leader-locking-kube-scheduler = Role system::leader-locking-kube-scheduler; User system:kube-scheduler; ServiceAccount kube-system/kube-scheduler
        RoleBinding kube-system/system:controller:bootstrap-signer = Role system:controller:bootstrap-signer; ServiceAccount kube-system/bootstrap-signer
        RoleBinding kube-system/system:controller:cloud-provider = Role system:controller:cloud-provider; ServiceAccount kube-system/cloud-provider
        RoleBinding kube-system/system:controller:token-cleaner = Role system:controller:token-cleaner; ServiceAccount kube-system/token-cleaner
        ClusterRoleBinding system:cluster-trust-bundle-discovery = ClusterRole system:cluster-trust-bundle-discovery; Group system:serviceaccounts
        # kubeadm
        ClusterRole kubeadm:get-nodes
          get core nodes
        ClusterRole system:coredns
          read core nodes
          list,watch core endpoints,namespaces,pods,services
          list,watch discovery.k8s.io endpointslices
        Role kube-public/kubeadm:bootstrap-signer-clusterinfo
          get core configmaps =cluster-info
        Role kube-system/kube-proxy
          get core configmaps =kube-proxy
        Role kube-system/kubeadm:kubelet-config
          get core configmaps =kubelet-config
        Role kube-system/kubeadm:kubelet-config-1.20
          get core configmaps =kubelet-config-1.20
        Role kube-system/kubeadm:kubelet-config-1.21
          get core configmaps =kubelet-config-1.21
        Role kube-system/kubeadm:kubelet-config-1.22
          get core configmaps =kubelet-config-1.22
        Role kube-system/kubeadm:kubelet-config-1.23
          get core configmaps =kubelet-config-1.23
        Role kube-system/kubeadm:nodes-kubeadm-config
          get core configmaps =kubeadm-config
        ClusterRoleBinding kubeadm:cluster-admins = ClusterRole cluster-admin; Group kubeadm:cluster-admins
        ClusterRoleBinding kubeadm:get-nodes = ClusterRole kubeadm:get-nodes; Group system:bootstrappers:kubeadm:default-node-token
        ClusterRoleBinding kubeadm:kubelet-bootstrap = ClusterRole system:node-bootstrapper; Group system:bootstrappers:kubeadm:default-node-token
        ClusterRoleBinding kubeadm:node-autoapprove-bootstrap = ClusterRole system:certificates.k8s.io:certificatesigningrequests:nodeclient; Group system:bootstrappers:kubeadm:default-node-token
        ClusterRoleBinding kubeadm:node-autoapprove-certificate-rotation = ClusterRole system:certificates.k8s.io:certificatesigningrequests:selfnodeclient; Group system:nodes
        ClusterRoleBinding kubeadm:node-proxier = ClusterRole system:node-proxier; ServiceAccount kube-system/kube-proxy
        ClusterRoleBinding system:coredns = ClusterRole system:coredns; ServiceAccount kube-system/coredns
        RoleBinding kube-public/kubeadm:bootstrap-signer-clusterinfo = Role kubeadm:bootstrap-signer-clusterinfo; User system:anonymous
        RoleBinding kube-system/kubeadm:kubelet-config = Role kubeadm:kubelet-config; Group system:nodes; Group system:bootstrappers:kubeadm:default-node-token
        RoleBinding kube-system/kubeadm:kubelet-config-1.20 = Role kubeadm:kubelet-config-1.20; Group system:nodes; Group system:bootstrappers:kubeadm:default-node-token
        RoleBinding kube-system/kubeadm:kubelet-config-1.21 = Role kubeadm:kubelet-config-1.21; Group system:nodes; Group system:bootstrappers:kubeadm:default-node-token
        RoleBinding kube-system/kubeadm:kubelet-config-1.22 = Role kubeadm:kubelet-config-1.22; Group system:nodes; Group system:bootstrappers:kubeadm:default-node-token
        RoleBinding kube-system/kubeadm:kubelet-config-1.23 = Role kubeadm:kubelet-config-1.23; Group system:nodes; Group system:bootstrappers:kubeadm:default-node-token
        RoleBinding kube-system/kubeadm:nodes-kubeadm-config = Role kubeadm:nodes-kubeadm-config; Group system:nodes; Group system:bootstrappers:kubeadm:default-node-token
        RoleBinding kube-system/kube-proxy = Role kube-proxy; Group system:bootstrappers:kubeadm:default-node-token
        """;
}
